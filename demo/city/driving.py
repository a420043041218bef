"""Who may drive what, and how they have driven (机动车驾驶人)."""

import datetime
from dataclasses import dataclass
from typing import Any

from demo.city.draws import Draw
from demo.city.people import DAY, KNOWN_ON, Person

_CLASSES = (("C1", 0.7), ("C2", 0.12), ("B1", 0.05), ("A1", 0.05), ("E", 0.03))
_FAULTS = (
    ("new_driver", 0.08),
    ("full_cycle", 0.03),
    ("drink_driving", 0.02),
    ("detained", 0.015),
    ("revoked", 0.015),
)


@dataclass(frozen=True, slots=True)
class Licence:
    """``fault`` names what was planted (see ``_FAULTS``), or is empty."""

    name: str
    licence: str  # 准驾车型, such as C1
    since: datetime.date  # first issued
    expires: datetime.date
    state: str  # valid, detained, revoked
    revoked_on: datetime.date | None
    full_cycles: int  # of the last three cycles of points, those with 12 points
    drink_driving: bool
    fault: str


def licence(seed: int, t: Person) -> Licence | None:
    """Return a person's driving licence; None: has none."""
    draw = Draw(seed, "driving", t.index)
    if t.group not in ("worker", "graduate") or not t.alive or not draw.chance(0.6):
        return None
    fault = draw.weigh(_FAULTS, "")
    eighteen = t.born.replace(year=t.born.year + 18, day=min(t.born.day, 28))
    most = max(1, (KNOWN_ON - eighteen).days - 4 * 366)
    since = eighteen + DAY * draw.below(most)
    if fault == "new_driver":
        since = KNOWN_ON - DAY * draw.below(900)
    revoked = KNOWN_ON - DAY * draw.below(1500) if fault == "revoked" else None
    return Licence(
        name=t.name,
        licence=draw.weigh(_CLASSES, "C1"),
        since=min(since, KNOWN_ON - DAY),
        expires=KNOWN_ON + DAY * (400 + draw.below(3000)),
        state=fault if fault in ("detained", "revoked") else "valid",
        revoked_on=revoked,
        full_cycles=1 if fault == "full_cycle" else 0,
        drink_driving=fault == "drink_driving",
        fault=fault,
    )


def record(one: Licence) -> dict[str, Any]:
    """机动车驾驶人: the licence as it is now."""
    return {
        "name": one.name,
        "licence": one.licence,
        "since": one.since.isoformat(),
        "expires": one.expires.isoformat(),
        "state": one.state,
        "revoked_on": one.revoked_on.isoformat() if one.revoked_on else None,
        "full_cycles": str(one.full_cycles),
        "drink_driving": one.drink_driving,
    }
