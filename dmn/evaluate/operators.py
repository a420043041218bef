"""The operators on values: three-valued, null for what is undefined, UNKNOWN for the unknown.

Every function here takes and returns FEEL values; none raises on any combination of them.
Source: DMN 1.5, tables 41 to 60; UNKNOWN after Kleene's strong logic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dmn.decimals import CONTEXT
from dmn.evaluate.fine import FINE, rare_order, shift
from dmn.far import (
    AnyDate,
    AnyMoment,
    FarDate,
    FarMoment,
    day_number,
    day_of_number,
)
from dmn.fine import FineTime, Span
from dmn.temporal import MAX_MONTHS, YearsMonths, add_months, instant, seconds_of, zone_text
from dmn.values import UNKNOWN, Range

SIMPLE = frozenset({Decimal, str, date, timedelta, YearsMonths, FarDate, Span})
RARE = frozenset({FarMoment, FineTime})
EQUATABLE = SIMPLE | {bool}
SYMBOLS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
DAY = timedelta(days=1)


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
    if kind is not b.__class__ or kind in RARE:
        return rare_order("=", a, b, SYMBOLS)
    if kind in EQUATABLE:
        return a == b
    if kind is datetime:
        return _moments(a, b, operator.eq, mixed=False)
    if kind is time:
        return _clocks(a, b, operator.eq, mixed=False)
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


def _moments(a: Any, b: Any, test: Callable[..., bool], *, mixed: bool | None) -> object:
    if (a.tzinfo is None) != (b.tzinfo is None):
        return mixed
    return test(instant(a), instant(b))


def _clocks(a: Any, b: Any, test: Callable[..., bool], *, mixed: bool | None) -> object:
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
    if kind is not b.__class__ or kind in RARE:
        return rare_order(op, a, b, SYMBOLS)
    if kind in SIMPLE:
        return SYMBOLS[op](a, b)
    if kind is datetime:
        return _moments(a, b, SYMBOLS[op], mixed=None)
    if kind is time:
        return _clocks(a, b, SYMBOLS[op], mixed=None)
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
    if isinstance(a, datetime | time | FarMoment | FineTime):
        return a == b and zone_text(a) == zone_text(b)
    return a == b


def agreed(results: Iterable[object]) -> object:
    """The one result that all possible cases share, else UNKNOWN."""
    found = list(results)
    first = found[0]
    return first if all(same(first, other) for other in found) else UNKNOWN


# --- arithmetic ---------------------------------------------------------------------------


def _shift(value: AnyMoment, span: timedelta) -> AnyMoment:
    if isinstance(value, datetime):
        try:
            if value.tzinfo is None:
                return value + span
            return (value.astimezone(UTC) + span).astimezone(value.tzinfo)
        except OverflowError:  # out of Python's calendar, yet not of FEEL's
            pass
    return shift(value, span)


def _date_plus(day: AnyDate, span: timedelta) -> AnyDate:
    """A date and a duration give a date: the hours of the day are dropped."""
    return day_of_number(day_number(day) + span // DAY)


def _minus_days(a: AnyDate, b: AnyDate) -> timedelta:
    return timedelta(days=day_number(a) - day_number(b))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )


def _time_plus(clock: time, span: timedelta) -> time:
    moved = datetime.combine(date(2000, 1, 1), time()) + (_since_midnight(clock) + span) % DAY
    return moved.time().replace(tzinfo=clock.tzinfo)


def _months(months: int) -> YearsMonths:
    if abs(months) > MAX_MONTHS:
        raise OverflowError
    return YearsMonths(months)


def _span(micros: Decimal) -> timedelta:
    return timedelta(microseconds=int(micros.to_integral_value()))


def micros(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1))


def _minus_moments(a: datetime, b: datetime) -> timedelta:
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise ValueError("only one has an offset")
    return instant(a) - instant(b)


def _minus_clocks(a: time, b: time) -> timedelta:
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise ValueError("only one has an offset")
    return seconds_of(a) - seconds_of(b)


def _midnight(day: date) -> datetime:
    """A date where a moment is wanted is its midnight in UTC (DMN 1.5, 10.3.2.3.5)."""
    return datetime.combine(day, time(), UTC)


Operation = Callable[..., object]
_N, _S, _D, _T, _M, _DT, _YM = Decimal, str, date, time, datetime, timedelta, YearsMonths

ADD: dict[tuple[type, type], Operation] = {
    (_N, _N): CONTEXT.add,
    (_S, _S): operator.add,
    (_DT, _DT): operator.add,
    (_YM, _YM): lambda a, b: _months(a.months + b.months),
    (_D, _YM): lambda a, b: add_months(a, b.months),
    (_M, _YM): lambda a, b: add_months(a, b.months),
    (_YM, _D): lambda a, b: add_months(b, a.months),
    (_YM, _M): lambda a, b: add_months(b, a.months),
    (_D, _DT): _date_plus,
    (_DT, _D): lambda a, b: _date_plus(b, a),
    (_M, _DT): _shift,
    (_DT, _M): lambda a, b: _shift(b, a),
    (_T, _DT): _time_plus,
    (_DT, _T): lambda a, b: _time_plus(b, a),
    (FarDate, _YM): lambda a, b: add_months(a, b.months),
    (_YM, FarDate): lambda a, b: add_months(b, a.months),
    (FarMoment, _YM): lambda a, b: add_months(a, b.months),
    (_YM, FarMoment): lambda a, b: add_months(b, a.months),
    (FarDate, _DT): _date_plus,
    (_DT, FarDate): lambda a, b: _date_plus(b, a),
}
SUBTRACT: dict[tuple[type, type], Operation] = {
    (_N, _N): CONTEXT.subtract,
    (_DT, _DT): operator.sub,
    (_YM, _YM): lambda a, b: _months(a.months - b.months),
    (_D, _YM): lambda a, b: add_months(a, -b.months),
    (_M, _YM): lambda a, b: add_months(a, -b.months),
    (_D, _DT): lambda a, b: _date_plus(a, -b),
    (_M, _DT): lambda a, b: _shift(a, -b),
    (_T, _DT): lambda a, b: _time_plus(a, -b),
    (_D, _D): operator.sub,
    (_M, _M): _minus_moments,
    (_M, _D): lambda a, b: _minus_moments(a, _midnight(b)),
    (_D, _M): lambda a, b: _minus_moments(_midnight(a), b),
    (_T, _T): _minus_clocks,
    (FarDate, _YM): lambda a, b: add_months(a, -b.months),
    (FarMoment, _YM): lambda a, b: add_months(a, -b.months),
    (FarDate, _DT): lambda a, b: _date_plus(a, -b),
    (FarDate, FarDate): _minus_days,
    (FarDate, _D): _minus_days,
    (_D, FarDate): _minus_days,
}
MULTIPLY: dict[tuple[type, type], Operation] = {
    (_N, _N): CONTEXT.multiply,
    (_DT, _N): lambda a, b: _span(CONTEXT.multiply(micros(a), b)),
    (_N, _DT): lambda a, b: _span(CONTEXT.multiply(micros(b), a)),
    (_YM, _N): lambda a, b: _months(int(CONTEXT.multiply(Decimal(a.months), b))),
    (_N, _YM): lambda a, b: _months(int(CONTEXT.multiply(Decimal(b.months), a))),
}
DIVIDE: dict[tuple[type, type], Operation] = {
    (_N, _N): CONTEXT.divide,
    (_DT, _N): lambda a, b: _span(CONTEXT.divide(micros(a), b)),
    (_YM, _N): lambda a, b: _months(int(CONTEXT.divide(Decimal(a.months), b))),
    (_DT, _DT): lambda a, b: CONTEXT.divide(micros(a), micros(b)),
    (_YM, _YM): lambda a, b: CONTEXT.divide(Decimal(a.months), Decimal(b.months)),
}
POWER: dict[tuple[type, type], Operation] = {
    (_N, _N): lambda a, b: CONTEXT.power(a, b) if b else Decimal(1)  # 0 ** 0 is 1 too
}
TABLES = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "**": POWER}
for _op, _more in FINE.items():
    TABLES[_op].update(_more)


def arithmetic(op: str, a: object, b: object) -> object:
    """`a op b`; null for kinds that do not go together, division by zero and overflow."""
    operation = TABLES[op].get((a.__class__, b.__class__))
    if operation is None:
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else None
    try:
        return operation(a, b)
    except (ArithmeticError, ValueError, OverflowError):
        return None


def minus(value: Any) -> object:
    """`-value` of a number or a duration."""
    kind = value.__class__
    if kind is Decimal:
        return CONTEXT.minus(value)
    if kind is timedelta or kind is Span:
        return -value
    if kind is YearsMonths:
        return YearsMonths(-value.months)
    return UNKNOWN if value is UNKNOWN else None
