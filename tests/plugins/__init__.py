"""What tests stand on: servers, databases, the running house, a browser."""
