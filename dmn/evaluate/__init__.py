"""Judging: the tree made into closures, and the operators they use."""
