"""How a decision is waited for: wake-ups, requests that wait, how far a case is, liveness."""
