"""Packs: the files that editions are published from. Reading, shape, meaning; no Django here."""
