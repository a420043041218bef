"""Functions of dates and times (DMN 1.5, tables 78 and 80), and `is` (table 79)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from dmn.builtins.registry import builtin, is_function
from dmn.operators.comparison import equal
from dmn.values import Range, type_of
from dmn.values.extended_dates import AnyDate, AnyDateTime, python_day
from dmn.values.temporal import zone_text

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


@builtin("day of year(date: date | date and time)")
def day_of_year(day: AnyDate | AnyDateTime) -> object:
    return Decimal(python_day(day).timetuple().tm_yday)


@builtin("day of week(date: date | date and time)")
def day_of_week(day: AnyDate | AnyDateTime) -> object:
    return DAYS[python_day(day).weekday()]


@builtin("month of year(date: date | date and time)")
def month_of_year(day: AnyDate | AnyDateTime) -> object:
    return MONTHS[day.month]


@builtin("week of year(date: date | date and time)")
def week_of_year(day: AnyDate | AnyDateTime) -> object:
    """The week of ISO 8601, where the first has the year's first Thursday."""
    return Decimal(python_day(day).isocalendar().week)


@builtin("is(value1: any, value2: any)", missing_as_null=True)
def is_same(a: object, b: object) -> object:
    """The same kind and element of FEEL's domain: a zone by name is no offset, `Z` is `+00:00`.

    Lists, contexts and ranges are the same when all that is in them is.
    """
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(is_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[key], b[key]) for key in a)
    if isinstance(a, Range) and isinstance(b, Range):
        closed = (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed)
        return closed and is_same([a.low, a.high], [b.low, b.high])
    if is_function(a) or is_function(b):
        return a is b
    if type_of(a).name != type_of(b).name or zone_text(a) != zone_text(b):
        return False
    return equal(a, b) is True
