"""Decision tables: their model, their text form, and how one is judged."""
