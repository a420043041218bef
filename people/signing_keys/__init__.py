"""Officers' own signing keys: registered and revoked at the desk, by whoever they belong to."""
