"""Which times a counter offers: its hours on the city's working days, from its data. Pure."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from city.calendar import Calendar
from city.model import Counter

NOTICE = datetime.timedelta(minutes=30)  # one books at least so long before
LOOKED_AT = 60  # days within which the next working days are looked for


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at a counter, with how many may still book it."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime
    free: int


@dataclass(frozen=True, slots=True)
class Day:
    """A working day with its times that are still ahead.

    ``provisional``: the working days of its year are not published yet.
    """

    date: datetime.date
    slots: tuple[Slot, ...]
    provisional: bool

    @property
    def free(self) -> int:
        return sum(slot.free for slot in self.slots)


def days(
    counter: Counter,
    calendar: Calendar,
    now: datetime.datetime,
    taken: Mapping[datetime.datetime, int],
) -> list[Day]:
    """Return the working days for which one may book, today first; ``taken``: seats by start."""
    found: list[Day] = []
    length = datetime.timedelta(minutes=counter.slot_minutes)
    today = calendar.date(now)
    for n in range(LOOKED_AT):
        day = today + datetime.timedelta(days=n)
        works, provisional = calendar.is_working_day(day)
        if not works:
            continue
        starts = [s for s in counter.starts(day, calendar.zone) if s >= now + NOTICE]
        slots = tuple(
            Slot(start, start + length, max(0, counter.capacity - taken.get(start, 0)))
            for start in starts
        )
        if slots:
            found.append(Day(day, slots, provisional))
        if len(found) == counter.days_ahead:
            break
    return found
