"""居住证签注. 居住证暂行条例 §10: each year, in the month before; a lapse is made good."""

from collections.abc import Iterator
from typing import Any

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case
from benchmarks.oracles.residence_permit import is_registered


def permits(case: Case) -> Iterator[dict[str, Any]]:
    """Yield what is held and may be endorsed; issued before this system, it is held by nobody."""
    for one in case.of("certificates")["held"] or ():
        if one["kind"] == "residence_permit" and one["state"] in ("valid", "suspended"):
            yield one


def holds_one(case: Case) -> bool:
    return any(True for _one in permits(case))


def is_due(case: Case) -> bool:
    """Within a month, or over."""
    ends = [c.day(c.Record(one), "endorsed") for one in permits(case)]
    return any(end is not None and end <= c.later(case.on, months=1) for end in ends)


CONDITIONS = {
    "living": c.is_living,
    "from_elsewhere": c.is_from_elsewhere,
    "holds": holds_one,
    "due": c.where(holds_one, is_due),
    "resides": is_registered,
}
CORRECTABLE = frozenset({"due"})
SAME = {
    "living": "living",
    "mainland": "from_elsewhere",
    "not_local": "from_elsewhere",
    "holds": "holds",
    "due": "due",
    "resides": "resides",
}
