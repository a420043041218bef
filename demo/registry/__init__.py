"""Other agencies' registries, for demos and tests: a server over the fictional city."""
