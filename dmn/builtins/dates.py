"""Functions of dates and times (DMN 1.5, tables 78 and 80), and `is` (table 79)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from dmn.builtins.registry import builtin, is_function
from dmn.evaluate.operators import equal
from dmn.far import AnyDate, AnyMoment, FarMoment, near
from dmn.temporal import offset_of
from dmn.values import UNKNOWN, type_of

DAYS = tuple(calendar.day_name)
MONTHS = tuple(calendar.month_name)
Clock = Callable[[], datetime] | None


@builtin("now()", needs=("clock",))
def now(*, clock: Clock) -> object:
    """The clock that the caller gave; null without one, for no rule reads a clock by itself."""
    return clock() if clock else None


@builtin("today()", needs=("clock",))
def today(*, clock: Clock) -> object:
    return clock().date() if clock else None


def _near(day: AnyDate | AnyMoment) -> date:
    """The day itself, or one like it in a year that Python's calendar has."""
    return near(day.date if isinstance(day, FarMoment) else day)


@builtin("day of year(date: date | date and time)")
def day_of_year(day: AnyDate | AnyMoment) -> object:
    return Decimal(_near(day).timetuple().tm_yday)


@builtin("day of week(date: date | date and time)")
def day_of_week(day: AnyDate | AnyMoment) -> object:
    return DAYS[_near(day).weekday()]


@builtin("month of year(date: date | date and time)")
def month_of_year(day: AnyDate | AnyMoment) -> object:
    return MONTHS[day.month]


@builtin("week of year(date: date | date and time)")
def week_of_year(day: AnyDate | AnyMoment) -> object:
    """The week of ISO 8601, where the first has the year's first Thursday."""
    return Decimal(_near(day).isocalendar().week)


@builtin("is(value1: any, value2: any)")
def is_same(a: object, b: object) -> object:
    """The same kind and element of FEEL's domain: offsets count, `Z` being `+00:00`."""
    if a is None or b is None:
        return a is b
    if is_function(a) or is_function(b):
        return a is b
    if type_of(a).name != type_of(b).name:
        return False
    if isinstance(a, datetime | time):
        same_zone = (a.tzinfo is None) == (b.tzinfo is None) and offset_of(a) == offset_of(b)  # type: ignore[attr-defined, arg-type]
        return same_zone and a.replace(tzinfo=None) == b.replace(tzinfo=None)  # type: ignore[attr-defined]
    found = equal(a, b)
    return found if found is UNKNOWN else found is True
