"""One tree of tests; each uses a public entry point and is named by what happens."""
