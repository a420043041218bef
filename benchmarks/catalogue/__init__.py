"""``make demo ARGS=SERVICE`` and ``ARGS=all``: the catalogue of services against oracles.

For each service some 200 are drawn who would think of applying, with faults in what registries say
of them (``drawing``). The faults are planted where the running city keeps such records
(``registries``); the applications are handed in over the API as a service hall does, engine and
worker decide them (``applying``), and ``run`` holds what became of each against the oracle, outcome
and reasons, which reads the raw records and shares no code with the judge.
"""
