"""Ways of reaching registries, named by dotted path in ``settings.REGISTRIES``."""
