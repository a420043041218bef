"""How the house runs: on one machine (`deploy.local`) and in production (examples beside it)."""
