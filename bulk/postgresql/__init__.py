"""Django's backend for PostgreSQL, which opens a connection anew when the server has ended it."""
