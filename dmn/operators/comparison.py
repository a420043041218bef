"""The operators on values: three-valued, null for what is undefined, UNKNOWN for the unknown.

Every function here takes and returns FEEL values; none raises on any combination of them.
Source: DMN 1.5, tables 41 to 60; UNKNOWN after Kleene's strong logic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dmn.operators.extended import extended_order
from dmn.values import UNKNOWN, Range
from dmn.values.extended_dates import (
    ExtendedDate,
    ExtendedDateTime,
)
from dmn.values.nanoseconds import LongDuration, NanosecondTime
from dmn.values.temporal import YearsMonths, instant, seconds_of, zone_text

SIMPLE = frozenset({Decimal, str, date, timedelta, YearsMonths, ExtendedDate, LongDuration})
EXTENDED_KINDS = frozenset({ExtendedDateTime, NanosecondTime})
EQUATABLE = SIMPLE | {bool}
SYMBOLS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def both(values: Iterable[object]) -> object:
    """`and` of truth values: false if any is false, then UNKNOWN, then null, else true."""
    unknown = null = False
    for value in values:
        if value is False:
            return False
        if value is UNKNOWN:
            unknown = True
        elif value is not True:
            null = True
    return UNKNOWN if unknown else None if null else True


def either(values: Iterable[object]) -> object:
    """`or` of truth values: true if any is true, then UNKNOWN, then null, else false."""
    unknown = null = False
    for value in values:
        if value is True:
            return True
        if value is UNKNOWN:
            unknown = True
        elif value is not False:
            null = True
    return UNKNOWN if unknown else None if null else False


def negated(value: object) -> object:
    """`not(value)`: null for anything but a boolean."""
    if value is True or value is False:
        return not value
    return UNKNOWN if value is UNKNOWN else None


def equal(a: Any, b: Any) -> object:
    """`a = b`; null when the kinds differ, unless one is null."""
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if a is None or b is None:
        return a is b
    kind = a.__class__
    if kind is not b.__class__ or kind in EXTENDED_KINDS:
        return extended_order("=", a, b, SYMBOLS)
    if kind in EQUATABLE:
        return a == b
    if kind is datetime:
        return _date_times(a, b, operator.eq, mixed=False)
    if kind is time:
        return _times_of_day(a, b, operator.eq, mixed=False)
    if kind is list:
        return len(a) == len(b) and _same_parts(zip(a, b, strict=True))
    if kind is dict:
        if a.keys() != b.keys():
            return False
        return _same_parts((a[k], b[k]) for k in a)
    if kind is Range:
        if (a.low_closed, a.high_closed) != (b.low_closed, b.high_closed):
            return False
        return _same_parts(((a.low, b.low), (a.high, b.high)))
    return True if a is b else None


def _same_parts(pairs: Iterable[tuple[object, object]]) -> object:
    found = (equal(a, b) for a, b in pairs)
    return both(False if part is None else part for part in found)


def _date_times(a: Any, b: Any, test: Callable[..., bool], *, mixed: bool | None) -> object:
    if (a.tzinfo is None) != (b.tzinfo is None):
        return mixed
    return test(instant(a), instant(b))


def _times_of_day(a: Any, b: Any, test: Callable[..., bool], *, mixed: bool | None) -> object:
    if (a.tzinfo is None) != (b.tzinfo is None):
        return mixed
    return test(seconds_of(a), seconds_of(b))


def compare(op: str, a: Any, b: Any) -> object:
    """Any of `= != < <= > >=`."""
    if op == "=":
        return equal(a, b)
    if op == "!=":
        return negated(equal(a, b))
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    kind = a.__class__
    if kind is not b.__class__ or kind in EXTENDED_KINDS:
        return extended_order(op, a, b, SYMBOLS)
    if kind in SIMPLE:
        return SYMBOLS[op](a, b)
    if kind is datetime:
        return _date_times(a, b, SYMBOLS[op], mixed=None)
    if kind is time:
        return _times_of_day(a, b, SYMBOLS[op], mixed=None)
    return None


def within(value: object, span: Range) -> object:
    """Whether a value lies in a range; null when they cannot be compared."""
    parts = []
    if span.low is not None:
        parts.append(compare(">=" if span.low_closed else ">", value, span.low))
    if span.high is not None:
        parts.append(compare("<=" if span.high_closed else "<", value, span.high))
    if UNKNOWN in parts:  # the end may turn out to be of another kind, or null
        return UNKNOWN
    return None if None in parts else both(parts)


def contains(items: list[object], value: object) -> object:
    """Whether an item equals the value."""
    if value.__class__ is str and all(item.__class__ is str for item in items):
        return value in items
    found = (equal(item, value) for item in items)
    return either(False if part is None else part for part in found)


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same in every use, to the zone's name; never for UNKNOWN."""
    if a is UNKNOWN or b is UNKNOWN or a.__class__ is not b.__class__:
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Range):
        closed = (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed)
        return closed and same(a.low, b.low) and same(a.high, b.high)
    if isinstance(a, datetime | time | ExtendedDateTime | NanosecondTime):
        return a == b and zone_text(a) == zone_text(b)
    return a == b


def common_result(results: Iterable[object]) -> object:
    """The one result that all possible cases share, else UNKNOWN."""
    found = list(results)
    first = found[0]
    return first if all(same(first, other) for other in found) else UNKNOWN
