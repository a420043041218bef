"""Places of a service that has so many: the queue of an application, and its number. Pure.

See ``services.pack.quota``.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.inputs import gather_inputs
from services.pack.quota import GROUP, LONGEST
from services.rulebook import Rulebook, run_safely

ALL = ""  # the period of a quota that is not by the year


@dataclass(frozen=True, slots=True)
class Queue:
    """What an application waits in: its period (a year, or ``ALL``) and its group."""

    period: str
    group: str

    def last_day(self, on: datetime.date) -> datetime.date:
        """The day whose number counts: ``on``, or the end of a year that is over by then."""
        return on if self.period == ALL else min(on, datetime.date(int(self.period), 12, 31))


def queue(book: Rulebook, answers: Mapping[str, Any], received: datetime.date) -> Queue | None:
    """Return where an application of these answers stands; None: it needs no place."""
    spec, run = book.pack.quota, book.program.quota
    if spec is None or run is None or received < spec.since:
        return None
    group: object = ""
    if run.group is not None:
        group = run_safely(run.group, gather_inputs(book, answers, {}, {}, received).values)
    text = group[:LONGEST] if isinstance(group, str) else ""
    return Queue(f"{received.year:04}" if spec.per == "year" else ALL, text)


def places(book: Rulebook, one: Queue, on: datetime.date) -> int | None:
    """Return how many places a queue has on a day, by an edition; None: it does not say.

    Of a year that is over, by then.
    """
    run = book.program.quota
    if run is None:
        return None
    day = one.last_day(on)
    known = {**book.period(day).values, GROUP: one.group, "as_of": day}
    found = run_safely(run.places, known)
    if not isinstance(found, Decimal) or found < 0 or found != found.to_integral_value():
        return None
    return int(found)


def of_case(
    book: Rulebook, answers: Mapping[str, Any], received: datetime.date
) -> dict[str, object]:
    """Return what a test in a pack says of it, each as text."""
    one = queue(book, answers, received)
    if one is None:
        return {}
    count = places(book, one, received)
    return {
        "period": one.period,
        "group": one.group,
        **({} if count is None else {"places": str(count)}),
    }
