"""Dates that Python's calendar does not reach: years below 1 and above 9999, to 999,999,999.

FEEL has them (XML Schema's dates); the Gregorian calendar simply goes on in both directions,
repeating every 400 years. They are values of the same types, only rarer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dmn.values.nanoseconds import AnyTime, ClockFields, NanosecondTime

MAX_YEAR = 999_999_999
_CYCLE = 146_097  # days of 400 years
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, order=True)
class ExtendedDate:
    year: int
    month: int
    day: int

    @property
    def python_day(self) -> date:
        """The same day in a year that Python has, with the same weekdays and leap days."""
        return date(2000 + self.year % 400, self.month, self.day)

    def isoformat(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04}-{self.month:02}-{self.day:02}"

    def weekday(self) -> int:
        return self.python_day.weekday()

    def isoweekday(self) -> int:
        return self.python_day.isoweekday()


@dataclass(frozen=True, slots=True)
class ExtendedDateTime(ClockFields):
    """A date and time on such a day, or at such a time as datetime has not (see nanoseconds.py)."""

    date: AnyDate
    clock: AnyTime

    @property
    def year(self) -> int:
        return self.date.year

    @property
    def month(self) -> int:
        return self.date.month

    @property
    def day(self) -> int:
        return self.date.day

    def isoweekday(self) -> int:
        return self.date.isoweekday()

    def utcoffset(self) -> timedelta | None:
        """Of a named zone, that of the day's place in the repeating calendar."""
        clock = self.clock.clock if isinstance(self.clock, NanosecondTime) else self.clock
        return datetime.combine(python_day(self.date), clock).utcoffset()


AnyDate = date | ExtendedDate
AnyDateTime = datetime | ExtendedDateTime


def python_day(day: AnyDate | AnyDateTime) -> date:
    """The day itself, or one like it in a year that Python's calendar has."""
    if isinstance(day, ExtendedDateTime):
        day = day.date
    return day.python_day if isinstance(day, ExtendedDate) else day


def make_date(year: int, month: int, day: int) -> AnyDate:
    """ValueError for a day that no calendar has."""
    if 1 <= year <= 9999:
        return date(year, month, day)
    if abs(year) > MAX_YEAR:
        raise ValueError("year out of range")
    date(2000 + year % 400, month, day)
    return ExtendedDate(year, month, day)


def combine(day: AnyDate, clock: AnyTime) -> AnyDateTime:
    if isinstance(day, ExtendedDate) or isinstance(clock, NanosecondTime):
        return ExtendedDateTime(day, clock)
    return datetime.combine(day, clock)


def day_number(day: AnyDate | AnyDateTime) -> int:
    """Days since 1 January 1970."""
    if isinstance(day, date):
        return day.toordinal() - _EPOCH
    python_day = date(2000 + day.year % 400, day.month, day.day)
    return python_day.toordinal() - _EPOCH + (day.year - python_day.year) // 400 * _CYCLE


def day_of_number(number: int) -> AnyDate:
    first = date(2000, 1, 1).toordinal()
    cycles, rest = divmod(number + _EPOCH - first, _CYCLE)
    python_day = date.fromordinal(first + rest)
    return make_date(python_day.year + 400 * cycles, python_day.month, python_day.day)
