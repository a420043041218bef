"""What the list of cases is made of: its columns, pages, search, and what is done from it."""
