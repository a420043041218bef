"""What the operators do with values: comparison, logic and arithmetic."""
