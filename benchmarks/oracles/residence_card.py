"""居住证换领、补领. 居住证暂行条例 §9: lost or spoiled; what was written wrong is looked at."""

from benchmarks.oracles import case as c
from benchmarks.oracles.residence_permit import is_registered

CONDITIONS = {
    "living": c.is_living,
    "from_elsewhere": c.is_from_elsewhere,
    "registered": is_registered,
    "plain": lambda case: case.answers["reason"] in ("lost", "spoiled"),
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {
    "living": "living",
    "mainland": "from_elsewhere",
    "not_local": "from_elsewhere",
    "registered": "registered",
    "plain": "plain",
}
