"""What can be said of an expression without a case: its type, and the total dialect."""
