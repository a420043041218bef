"""How the processes are run: on one machine (`deploy.local`) and in production (examples here)."""
