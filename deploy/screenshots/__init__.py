"""The pictures of README and docs, taken from a running demo in Chromium: ``make screenshots``."""
