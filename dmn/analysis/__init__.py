"""What can be said about expressions without a case: atoms, cells, coverage, search."""
