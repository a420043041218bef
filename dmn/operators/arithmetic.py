"""Arithmetic by the kinds of the operands: null for what is undefined, UNKNOWN for the unknown.

Source: DMN 1.5, tables 45 to 60.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dmn.operators.extended import EXTENDED, date_plus, shift
from dmn.values import UNKNOWN
from dmn.values.decimals import CONTEXT
from dmn.values.extended_dates import (
    AnyDate,
    AnyDateTime,
    ExtendedDate,
    ExtendedDateTime,
    day_number,
)
from dmn.values.nanoseconds import ONE_DAY, ONE_MICROSECOND, LongDuration
from dmn.values.temporal import (
    MAX_MONTHS,
    YearsMonths,
    add_months,
    instant,
    midnight_utc,
    seconds_of,
    since_midnight,
)


def _shift(value: AnyDateTime, span: timedelta) -> AnyDateTime:
    if isinstance(value, datetime):
        try:
            if value.tzinfo is None:
                return value + span
            return (value.astimezone(UTC) + span).astimezone(value.tzinfo)
        except OverflowError:  # out of Python's calendar, yet not of FEEL's
            pass
    return shift(value, span)


def _minus_days(a: AnyDate, b: AnyDate) -> timedelta:
    return timedelta(days=day_number(a) - day_number(b))


def _time_plus(clock: time, span: timedelta) -> time:
    moved = datetime.combine(date(2000, 1, 1), time()) + (since_midnight(clock) + span) % ONE_DAY
    return moved.time().replace(tzinfo=clock.tzinfo)


def _months(months: int) -> YearsMonths:
    if abs(months) > MAX_MONTHS:
        raise OverflowError
    return YearsMonths(months)


def _span(micros: Decimal) -> timedelta:
    return timedelta(microseconds=int(micros.to_integral_value()))


def micros(span: timedelta) -> Decimal:
    return Decimal(span // ONE_MICROSECOND)


def _minus_date_times(a: Any, b: Any) -> timedelta:
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise ValueError("only one has an offset")
    return instant(a) - instant(b)


def _minus_times(a: time, b: time) -> timedelta:
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise ValueError("only one has an offset")
    return seconds_of(a) - seconds_of(b)


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
    (_D, _DT): date_plus,
    (_DT, _D): lambda a, b: date_plus(b, a),
    (_M, _DT): _shift,
    (_DT, _M): lambda a, b: _shift(b, a),
    (_T, _DT): _time_plus,
    (_DT, _T): lambda a, b: _time_plus(b, a),
    (ExtendedDate, _YM): lambda a, b: add_months(a, b.months),
    (_YM, ExtendedDate): lambda a, b: add_months(b, a.months),
    (ExtendedDateTime, _YM): lambda a, b: add_months(a, b.months),
    (_YM, ExtendedDateTime): lambda a, b: add_months(b, a.months),
    (ExtendedDate, _DT): date_plus,
    (_DT, ExtendedDate): lambda a, b: date_plus(b, a),
}
SUBTRACT: dict[tuple[type, type], Operation] = {
    (_N, _N): CONTEXT.subtract,
    (_DT, _DT): operator.sub,
    (_YM, _YM): lambda a, b: _months(a.months - b.months),
    (_D, _YM): lambda a, b: add_months(a, -b.months),
    (_M, _YM): lambda a, b: add_months(a, -b.months),
    (_D, _DT): lambda a, b: date_plus(a, -b),
    (_M, _DT): lambda a, b: _shift(a, -b),
    (_T, _DT): lambda a, b: _time_plus(a, -b),
    (_D, _D): operator.sub,
    (_M, _M): _minus_date_times,
    (_M, _D): lambda a, b: _minus_date_times(a, midnight_utc(b)),
    (_D, _M): lambda a, b: _minus_date_times(midnight_utc(a), b),
    (_T, _T): _minus_times,
    (ExtendedDate, _YM): lambda a, b: add_months(a, -b.months),
    (ExtendedDateTime, _YM): lambda a, b: add_months(a, -b.months),
    (ExtendedDate, _DT): lambda a, b: date_plus(a, -b),
    (ExtendedDate, ExtendedDate): _minus_days,
    (ExtendedDate, _D): _minus_days,
    (_D, ExtendedDate): _minus_days,
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
for _op, _more in EXTENDED.items():
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
    if kind is timedelta or kind is LongDuration:
        return -value
    if kind is YearsMonths:
        return YearsMonths(-value.months)
    return UNKNOWN if value is UNKNOWN else None
