"""居住证换领、补领. 居住证暂行条例 §9: lost or spoiled; what was written wrong is looked at."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case
from benchmarks.oracles.residence_permit import is_registered


def not_local(case: Case) -> bool:
    return bool(case.of("population")["hukou_city"] != c.CITY)


CONDITIONS = {
    "living": c.is_living,
    "not_local": not_local,
    "registered": is_registered,
    "plain": lambda case: case.answers["reason"] in ("lost", "spoiled"),
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {name: name for name in CONDITIONS}
