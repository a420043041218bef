"""What a city's operators watch: how much is decided, how fast, what waits, what is broken."""
