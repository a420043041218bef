"""Agencies' programs by OAuth 2.1: clients of a partner, their scopes and their access tokens."""
