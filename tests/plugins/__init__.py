"""Fixtures: servers, databases, the running processes, a browser."""
