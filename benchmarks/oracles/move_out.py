"""迁出. 户口登记条例 §10: who is registered here may move to where another city has agreed."""

from benchmarks.oracles import case as c

CONDITIONS = {"living": c.is_living, "local": c.is_local, "capable": c.is_capable}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {**c.SAME_PERSON, "local": "local"}
