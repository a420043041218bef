"""The days of a city: its dates, its working days, and the end of a term of days. Pure.

Working days (行政许可法 §82) follow the published yearly notice (调休) and the city's own calendar,
which comes first. Where a year's notice is not there yet, weekdays but the statutory holidays are
assumed (``city.holidays``), and whatever was reckoned with an assumption is provisional.
"""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar import constants

from city.holidays import is_statutory

ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """``at``: the first moment that is too late. ``provisional``: a year is not yet published."""

    at: datetime.datetime
    provisional: bool


@lru_cache(maxsize=8192)
def published(day: datetime.date) -> bool | None:
    """Return whether a day is worked by the notice of its year; None while there is none."""
    try:
        worked: bool = chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None
    return worked


class Calendar:
    """The calendar of one city. ``exceptions``: days on which it differs from the published one."""

    def __init__(self, time_zone: str, exceptions: Mapping[datetime.date, bool]) -> None:
        self.time_zone, self._exceptions = time_zone, dict(exceptions)
        self.is_working_day = lru_cache(maxsize=4096)(self._is_working_day)
        self.last_day = lru_cache(maxsize=4096)(self._last_day)
        # what an action does at one moment asks for its date eight times
        self.date = lru_cache(maxsize=256)(self._date)
        self.end_of = lru_cache(maxsize=4096)(self._end_of)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def version(self) -> str:
        """Eight hex digits that change with any day of the calendar, or with the time zone."""
        days = (sorted(constants.holidays), sorted(constants.workdays))
        text = repr((self.time_zone, sorted(self._exceptions.items()), days))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def local(self, at: datetime.datetime) -> datetime.datetime:
        """Return a moment as the city's clocks show it."""
        return at.astimezone(self.zone)

    def _date(self, at: datetime.datetime) -> datetime.date:
        """Return the city's date at a moment."""
        return at.astimezone(self.zone).date()

    def _end_of(self, day: datetime.date) -> datetime.datetime:
        """Return 24:00 of a day, in UTC: the first moment that is too late (民法典 §203)."""
        midnight = datetime.datetime.combine(day + ONE_DAY, datetime.time(), self.zone)
        return midnight.astimezone(datetime.UTC)

    def deadline(self, received: datetime.date, days: int, unit: str) -> Deadline:
        """Return when a term of ``days`` ends for something received on a day."""
        day, provisional = self.last_day(received, days, unit)
        return Deadline(self.end_of(day), provisional)

    def count(self, after: datetime.date, until: datetime.date, unit: str) -> tuple[int, bool]:
        """Return how many days of a term fall after one day and until another, which counts.

        And whether that is an assumption. 0 where ``until`` is not after ``after``.
        """
        span = (until - after).days
        if span <= 0:
            return 0, False
        if unit == "calendar":
            return span, False
        found = [self.is_working_day(after + n * ONE_DAY) for n in range(1, span + 1)]
        return sum(working for working, _ in found), any(assumed for _, assumed in found)

    def _is_working_day(self, day: datetime.date) -> tuple[bool, bool]:
        """Return (is it a working day, is that an assumption)."""
        if day in self._exceptions:
            return self._exceptions[day], False
        worked = published(day)
        if worked is not None:
            return worked, False
        return day.weekday() < 5 and not is_statutory(day), True

    def _last_day(
        self, received: datetime.date, days: int, unit: str
    ) -> tuple[datetime.date, bool]:
        """Return the last day of a term of so many "working" or "calendar" days from receipt.

        And whether that is an assumption. The day of receipt does not count (民法典 §201). A term
        ends on a working day: where its last day is none, on the next one (民法典 §203).
        """
        if unit not in ("working", "calendar"):
            raise ValueError(f"unknown unit of a term: {unit!r}")
        day, left, provisional = received, days, False
        if unit == "calendar":
            day, left = received + days * ONE_DAY, 0
        while left > 0:
            day += ONE_DAY
            working, assumed = self.is_working_day(day)
            left -= working
            provisional |= assumed
        while True:
            working, assumed = self.is_working_day(day)
            provisional |= assumed
            if working:
                return day, provisional
            day += ONE_DAY
