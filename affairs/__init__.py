"""A person's own affairs: messages, drafts, who has read their data, and ratings."""
