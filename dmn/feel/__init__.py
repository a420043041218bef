"""The text of FEEL: words, grammar, and the one tree that everything reads."""
