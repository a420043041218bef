"""Who is registered as living in the city without its household registration (居住登记)."""

import datetime
from dataclasses import dataclass
from typing import Any

from demo.city.draws import Draw
from demo.city.people import DAY, KNOWN_ON, Person
from demo.city.places import HOME

_SHARE = {"worker": 0.9, "graduate": 0.6, "elder": 0.3, "minor": 0.3}
_MONTH = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Residence:
    """``fault`` names what was planted: short, ended; or is empty."""

    region: str  # 6 digits
    kind: str  # rented, owned, dormitory, relatives
    since: datetime.date  # without a gap
    until: datetime.date | None  # the day on which it ended
    permit: str | None  # of a permit issued before this system: valid, suspended
    fault: str


def residence(seed: int, t: Person) -> Residence | None:
    """Return a person's registration of residence; None: never registered, or a local."""
    draw = Draw(seed, "residence", t.index)
    if t.hukou_region in HOME or not t.alive or not draw.chance(_SHARE[t.group]):
        return None
    fault = draw.weigh((("short", 0.08), ("ended", 0.04)), "")
    since = KNOWN_ON - _MONTH * (13 + draw.below(100)) - DAY * draw.below(30)
    if fault == "short":
        since = KNOWN_ON - DAY * draw.below(150)
    return Residence(
        region=draw.choose(HOME),
        kind=draw.choose(("rented", "rented", "owned", "dormitory", "relatives")),
        since=since,
        until=KNOWN_ON - DAY * (1 + draw.below(200)) if fault == "ended" else None,
        permit=None if fault else draw.weigh((("valid", 0.3), ("suspended", 0.03)), None),
        fault=fault,
    )


def record(r: Residence) -> dict[str, Any]:
    """居住登记: the latest registration, ended or not."""
    return {
        "region": r.region,
        "kind": r.kind,
        "since": r.since.isoformat(),
        "until": r.until.isoformat() if r.until else None,
        "permit": r.permit,
    }
