"""Cases in review: why they are with officers, how much can go wrong, an office's numbers."""
