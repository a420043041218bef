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
    AnyMoment,
    FarDate,
    FarMoment,
    combine,
    day_number,
    day_of_number,
)
from dmn.values.nanoseconds import (
    DAY,
    AnySpan,
    AnyTime,
    FineTime,
    Span,
    clock_of,
    nanos_of,
    nanos_since_midnight,
    span_of,
)
from dmn.values.temporal import offset_of

Operation = Callable[..., object]


def moment_nanos(value: AnyMoment) -> int:
    """Nanoseconds since 1970, in UTC when there is an offset."""
    clock = value.timetz() if isinstance(value, datetime) else value.clock
    local = day_number(value) * DAY + nanos_since_midnight(clock)
    return local - nanos_of(value.utcoffset() or timedelta())


def clock_nanos(value: AnyTime) -> int:
    """Nanoseconds since midnight, in UTC when there is an offset."""
    return nanos_since_midnight(value) - nanos_of(offset_of(value) or timedelta())


def shift(value: AnyMoment, span: AnySpan) -> AnyMoment:
    clock = value.timetz() if isinstance(value, datetime) else value.clock
    days, since = divmod(nanos_since_midnight(clock) + nanos_of(span), DAY)
    return combine(day_of_number(day_number(value) + days), clock_of(since, clock.tzinfo))


def _turn(clock: AnyTime, span: AnySpan) -> AnyTime:
    return clock_of((nanos_since_midnight(clock) + nanos_of(span)) % DAY, clock.tzinfo)


def _date_plus(day: AnyDate, span: AnySpan) -> AnyDate:
    return day_of_number(day_number(day) + nanos_of(span) // DAY)


def _difference(count: Callable[[Any], int]) -> Operation:
    def run(a: Any, b: Any) -> AnySpan:
        if (a.tzinfo is None) != (b.tzinfo is None):
            raise ValueError("only one has an offset")
        return span_of(count(a) - count(b))

    return run


def _times(span: AnySpan, by: Decimal) -> AnySpan:
    return span_of(int(CONTEXT.multiply(Decimal(nanos_of(span)), by).to_integral_value()))


def _pairs(left: tuple[type, ...], right: tuple[type, ...], rare: tuple[type, ...]) -> Any:
    """The pairs of classes of which one at least is rare."""
    return [(a, b) for a in left for b in right if a in rare or b in rare]


_DAYS, _MOMENTS = (date, FarDate), (datetime, FarMoment)
_TIMES, _SPANS = (time, FineTime), (timedelta, Span)
_RARE = (FarMoment, FineTime, Span)
_SHIFTED: list[tuple[tuple[type, ...], Operation]] = [
    (_MOMENTS, shift),
    (_TIMES, _turn),
    (_DAYS, _date_plus),
    (_SPANS, lambda a, b: span_of(nanos_of(a) + nanos_of(b))),
]


def _back(operation: Operation) -> Operation:
    return lambda a, b: operation(a, span_of(-nanos_of(b)))


def _turned(operation: Operation) -> Operation:
    return lambda a, b: operation(b, a)


Table = dict[tuple[type, type], Operation]
FINE: dict[str, Table] = {
    "+": {p: call for kinds, call in _SHIFTED for p in _pairs(kinds, _SPANS, _RARE)}
    | {p: _turned(call) for kinds, call in _SHIFTED[:-1] for p in _pairs(_SPANS, kinds, _RARE)},
    "-": {p: _back(call) for kinds, call in _SHIFTED for p in _pairs(kinds, _SPANS, _RARE)}
    | dict.fromkeys(_pairs(_MOMENTS, _MOMENTS, _RARE), _difference(moment_nanos))
    | dict.fromkeys(_pairs(_TIMES, _TIMES, _RARE), _difference(clock_nanos)),
    "*": {(Span, Decimal): _times, (Decimal, Span): _turned(_times)},
    "/": {
        (Span, Decimal): lambda a, b: span_of(
            int(CONTEXT.divide(Decimal(nanos_of(a)), b).to_integral_value())
        )
    }
    | dict.fromkeys(
        _pairs(_SPANS, _SPANS, _RARE),
        lambda a, b: CONTEXT.divide(Decimal(nanos_of(a)), Decimal(nanos_of(b))),
    ),
}


def rare_order(op: str, a: Any, b: Any, symbols: dict[str, Callable[[Any, Any], bool]]) -> object:
    """Compare two values of which one at least is rare; null for kinds that have no order."""
    kinds = {a.__class__, b.__class__}
    if kinds <= {date, FarDate}:
        return symbols[op]((a.year, a.month, a.day), (b.year, b.month, b.day))
    if kinds <= {timedelta, Span}:
        return symbols[op](nanos_of(a), nanos_of(b))
    moments = kinds <= {datetime, FarMoment}
    if not moments and not kinds <= {time, FineTime}:
        return None
    if (a.tzinfo is None) != (b.tzinfo is None):
        return False if op == "=" else None
    count: Callable[[Any], int] = moment_nanos if moments else clock_nanos
    return symbols[op](count(a), count(b))
