"""The tables of a person's affairs, by concern."""
