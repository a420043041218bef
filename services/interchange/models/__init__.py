"""Decision models: what DMN has for the logic of a pack, written and read."""
