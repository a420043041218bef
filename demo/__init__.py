"""A fictional city to try the product with: people, agencies, registries. No app imports it."""
