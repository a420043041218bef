"""Where a case stands among those of whom so many are granted."""

import datetime
from dataclasses import dataclass

from approvals.actions import quotas
from approvals.models import Application
from ledger.clock import city_date
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Place:
    """``queue``: its year and group, in words; ``places``: as many as there are now, if known."""

    ordinal: int
    position: int
    is_granted: bool
    places: int | None
    left: int
    queue: str


def place(case: Application, book: Rulebook, now: datetime.datetime) -> Place | None:
    """Return the place of a case; None: it needs none, or has none any more."""
    if book.pack.quota is None:
        return None
    standing = quotas.standings([case]).get(case.id)
    if standing is None:
        return None
    row = standing.row
    count, _ = quotas.number_in_force(standing.queue, book, city_date(now))
    return Place(
        ordinal=row.ordinal,
        position=standing.position,
        is_granted=row.granted_at is not None,
        places=count,
        left=max((count or 0) - standing.given, 0),
        queue=" ".join(part for part in (row.period, row.group) if part),
    )
