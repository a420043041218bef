"""Other agencies' registries: the protocol of both sides, and a server for demos and tests."""
