"""The law of a service, clause by clause, beside the rules that cite it (docs/clauses.md)."""
