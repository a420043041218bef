"""Arithmetic and order of what datetime cannot hold: nanoseconds, long spans, far moments.

The operators come here only for values of nanoseconds.py and extended_dates.py; all is counted in
nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dmn.values.decimals import CONTEXT
from dmn.values.extended_dates import (
    AnyDate,
    AnyDateTime,
    ExtendedDate,
    ExtendedDateTime,
    combine,
    day_number,
    day_of_number,
)
from dmn.values.nanoseconds import (
    DAY_NANOS,
    ONE_DAY,
    AnyDuration,
    AnyTime,
    LongDuration,
    NanosecondTime,
    duration_nanos,
    duration_of_nanos,
    nanos_since_midnight,
    time_of_nanos,
)
from dmn.values.temporal import offset_of

Operation = Callable[..., object]


def date_time_nanos(value: AnyDateTime) -> int:
    """Nanoseconds since 1970, in UTC when there is an offset."""
    clock = value.timetz() if isinstance(value, datetime) else value.clock
    local = day_number(value) * DAY_NANOS + nanos_since_midnight(clock)
    return local - duration_nanos(value.utcoffset() or timedelta())


def time_nanos(value: AnyTime) -> int:
    """Nanoseconds since midnight, in UTC when there is an offset."""
    return nanos_since_midnight(value) - duration_nanos(offset_of(value) or timedelta())


def shift(value: AnyDateTime, span: AnyDuration) -> AnyDateTime:
    clock = value.timetz() if isinstance(value, datetime) else value.clock
    days, since = divmod(nanos_since_midnight(clock) + duration_nanos(span), DAY_NANOS)
    return combine(day_of_number(day_number(value) + days), time_of_nanos(since, clock.tzinfo))


def _turn(clock: AnyTime, span: AnyDuration) -> AnyTime:
    return time_of_nanos(
        (nanos_since_midnight(clock) + duration_nanos(span)) % DAY_NANOS, clock.tzinfo
    )


def date_plus(day: AnyDate, span: AnyDuration) -> AnyDate:
    """A date and a duration give a date: the hours of the day are dropped."""
    days = span // ONE_DAY if isinstance(span, timedelta) else span.nanos // DAY_NANOS
    return day_of_number(day_number(day) + days)


def _difference(count: Callable[[Any], int]) -> Operation:
    def run(a: Any, b: Any) -> AnyDuration:
        if (a.tzinfo is None) != (b.tzinfo is None):
            raise ValueError("only one has an offset")
        return duration_of_nanos(count(a) - count(b))

    return run


def _times(span: AnyDuration, by: Decimal) -> AnyDuration:
    return duration_of_nanos(
        int(CONTEXT.multiply(Decimal(duration_nanos(span)), by).to_integral_value())
    )


def _pairs(left: tuple[type, ...], right: tuple[type, ...], rare: tuple[type, ...]) -> Any:
    """The pairs of classes of which one at least is rare."""
    return [(a, b) for a in left for b in right if a in rare or b in rare]


_DAYS, _MOMENTS = (date, ExtendedDate), (datetime, ExtendedDateTime)
_TIMES, _SPANS = (time, NanosecondTime), (timedelta, LongDuration)
_EXTENDED = (ExtendedDateTime, NanosecondTime, LongDuration)
_SHIFTED: list[tuple[tuple[type, ...], Operation]] = [
    (_MOMENTS, shift),
    (_TIMES, _turn),
    (_DAYS, date_plus),
    (_SPANS, lambda a, b: duration_of_nanos(duration_nanos(a) + duration_nanos(b))),
]


def _back(operation: Operation) -> Operation:
    return lambda a, b: operation(a, duration_of_nanos(-duration_nanos(b)))


def _turned(operation: Operation) -> Operation:
    return lambda a, b: operation(b, a)


Table = dict[tuple[type, type], Operation]
EXTENDED: dict[str, Table] = {
    "+": {p: call for kinds, call in _SHIFTED for p in _pairs(kinds, _SPANS, _EXTENDED)}
    | {p: _turned(call) for kinds, call in _SHIFTED[:-1] for p in _pairs(_SPANS, kinds, _EXTENDED)},
    "-": {p: _back(call) for kinds, call in _SHIFTED for p in _pairs(kinds, _SPANS, _EXTENDED)}
    | dict.fromkeys(_pairs(_MOMENTS, _MOMENTS, _EXTENDED), _difference(date_time_nanos))
    | dict.fromkeys(_pairs(_TIMES, _TIMES, _EXTENDED), _difference(time_nanos)),
    "*": {(LongDuration, Decimal): _times, (Decimal, LongDuration): _turned(_times)},
    "/": {
        (LongDuration, Decimal): lambda a, b: duration_of_nanos(
            int(CONTEXT.divide(Decimal(duration_nanos(a)), b).to_integral_value())
        )
    }
    | dict.fromkeys(
        _pairs(_SPANS, _SPANS, _EXTENDED),
        lambda a, b: CONTEXT.divide(Decimal(duration_nanos(a)), Decimal(duration_nanos(b))),
    ),
}


def extended_order(
    op: str, a: Any, b: Any, symbols: dict[str, Callable[[Any, Any], bool]]
) -> object:
    """Compare two values of which one at least is rare; null for kinds that have no order."""
    kinds = {a.__class__, b.__class__}
    if kinds <= {date, ExtendedDate}:
        return symbols[op]((a.year, a.month, a.day), (b.year, b.month, b.day))
    if kinds <= {timedelta, LongDuration}:
        return symbols[op](duration_nanos(a), duration_nanos(b))
    moments = kinds <= {datetime, ExtendedDateTime}
    if not moments and not kinds <= {time, NanosecondTime}:
        return None
    if (a.tzinfo is None) != (b.tzinfo is None):
        return False if op == "=" else None
    count: Callable[[Any], int] = date_time_nanos if moments else time_nanos
    return symbols[op](count(a), count(b))
