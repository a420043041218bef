"""Neighbouring values: what lies just below, just above and between, for each ordered type.

Elementary cells of an ordered input are the points where some comparison changes its truth
and the open intervals between them. Dates and months are discrete, so that an interval may be
empty; numbers, times and durations are dense for this purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from dmn import types as t
from dmn.operators.arithmetic import arithmetic
from dmn.values import UNKNOWN
from dmn.values.extended_dates import ExtendedDate, ExtendedDateTime
from dmn.values.nanoseconds import ONE_DAY, ONE_MICROSECOND
from dmn.values.temporal import YearsMonths

# Where no comparison names a value, a witness uses these: usual ones, and never at a limit.
PLAIN: dict[str, object] = {
    "number": Decimal(1),
    "string": "a",
    "boolean": True,
    "date": date(2020, 6, 15),
    "time": time(12, 0, 0),
    "date and time": datetime(2020, 6, 15, 12, 0, 0),  # noqa: DTZ001 - FEEL has local times
    "days and time duration": timedelta(days=1),
    "years and months duration": YearsMonths(12),
}
ORDERED = (Decimal, date, time, datetime, timedelta, YearsMonths)


def ordered(value: object) -> bool:
    return isinstance(value, ORDERED)


def step(values: Iterable[object]) -> Any:
    """The smallest step that a person would take among such values: 1, 0.01, a day, a second."""
    known = list(values)
    first = known[0]
    if isinstance(first, Decimal):
        places = min((v.normalize().as_tuple().exponent for v in known), default=0)  # type: ignore[attr-defined]
        return Decimal(1).scaleb(min(0, int(places)))
    if isinstance(first, YearsMonths):
        return YearsMonths(1)
    if isinstance(first, timedelta):
        whole = all(v % ONE_DAY == timedelta() for v in known)  # type: ignore[operator]
        return ONE_DAY if whole else timedelta(seconds=1)
    if isinstance(first, datetime | time):
        return timedelta(seconds=1)
    return ONE_DAY


def moved(value: object, by: object, sign: int = 1) -> object:
    """The value a step further, None beyond what the type can hold."""
    found = arithmetic("+" if sign > 0 else "-", value, by)
    if found.__class__ is not value.__class__:  # null, or beyond the calendar
        return None
    if isinstance(value, time) and (found > value) is not (sign > 0):  # type: ignore[operator]
        return None  # a clock goes round
    return found


def between(low: Any, high: Any, by: Any) -> list[object]:
    """Values strictly between two points: next to each end, and one in the middle."""
    found: list[object] = []
    for value in (moved(low, by), moved(high, by, -1), _middle(low, high)):
        if value is not None and low < value < high and value not in found:
            found.append(value)
    return found


def _middle(low: Any, high: Any) -> object:
    if isinstance(low, Decimal):
        return (low + high) / 2
    if isinstance(low, YearsMonths):
        return YearsMonths((low.months + high.months) // 2)
    if isinstance(low, time):
        return None
    half = (high - low) / 2
    if isinstance(low, date) and not isinstance(low, datetime):
        return low + timedelta(days=half.days)
    return low + half // ONE_MICROSECOND * ONE_MICROSECOND


def beyond(points: Sequence[Any], by: Any) -> list[object]:
    """Values below the lowest and above the highest point: one step off, and far off."""
    distance = by
    for _ in range(3):
        distance = arithmetic("*", distance, Decimal(10)) or distance
    found = [
        moved(points[0], by, -1),
        moved(points[-1], by),
        moved(points[0], distance, -1),
        moved(points[-1], distance),
    ]
    return [value for value in found if value is not None]


def cells(points: Iterable[Any]) -> list[object]:
    """One value of every elementary cell that the points cut: at, beside and between them."""
    line = sorted(set(points))
    if not line:
        return []
    by = step(line)
    found: list[object] = list(line)
    for low, high in pairwise(line):
        found += between(low, high, by)
    found += beyond(line, by)
    return found


def one_per_cell(points: Iterable[Any]) -> list[object]:
    """Exactly one value of every cell, in ascending order, nearest to a point."""
    line = sorted(set(points))
    if not line:
        return []
    by = step(line)
    below, above = moved(line[0], by, -1), moved(line[-1], by)
    found: list[object] = [] if below is None else [below]
    for low, high in pairwise(line):
        found.append(low)
        found += between(low, high, by)[:1]
    found.append(line[-1])
    return found if above is None else [*found, above]


def other_text(points: Iterable[object]) -> str:
    """A text that equals none of the given ones."""
    known = set(points)
    for word in ("其他", "other", "another"):
        if word not in known:
            return word
    number = 1
    while f"other {number}" in known:
        number += 1
    return f"other {number}"


def sample_value(kind: t.Type) -> object:
    """An ordinary value of a simple type; None for types without one."""
    if kind.allowed:
        return kind.allowed[0]
    return PLAIN.get(t.base_type(kind).name)


def preimage(by: object, other: object) -> list[object]:
    """The values of x between which `x + by` reaches and passes the other value.

    Exact for numbers and days. Months are clipped to the last day of a month: several days may
    be moved to the same one (the first and the last of them are given), or none (then the last
    that stays below and the first that comes above).
    """
    back = arithmetic("-", other, by)
    if back is UNKNOWN or back is None or isinstance(back, ExtendedDate | ExtendedDateTime):
        return []
    if not isinstance(by, YearsMonths) or not isinstance(other, date) or other.day < 28:
        return [back]
    sides: dict[int, list[object]] = {-1: [], 0: [], 1: []}
    for days in range(-4, 5):
        day = moved(back, days * ONE_DAY)
        there = arithmetic("+", day, by)
        if day is not None and there.__class__ is other.__class__:
            sides[(there > other) - (there < other)].append(day)  # type: ignore[operator]
    reached = sides[0] or [*sides[-1][-1:], *sides[1][:1]]
    return list(dict.fromkeys((*reached[:1], *reached[-1:])))
