"""One tree of tests; each enters by a public door and is named by what happens."""
