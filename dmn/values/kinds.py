"""The values of FEEL as Python values, and their written forms.

| FEEL | Python |
|---|---|
| number | decimal.Decimal (decimal128) |
| string, boolean, null | str, bool, None |
| date, time, date and time | datetime.date, time, datetime, with offset or zone kept |
| the same beyond years 1 to 9999 or microseconds | ExtendedDate, ExtendedDateTime, NanosecondTime |
| days and time duration | datetime.timedelta, LongDuration where that is too coarse or short |
| years and months duration | YearsMonths |
| list, context | list, dict (never changed once made) |
| range | Range |
| function | Closure and the built-ins |
| not answered | UNKNOWN |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from dmn import types as t
from dmn.values.extended_dates import ExtendedDate, ExtendedDateTime
from dmn.values.nanoseconds import LongDuration, NanosecondTime
from dmn.values.temporal import (
    YearsMonths,
)


class Unknown:
    """Nobody answered. Neither true nor false nor null: a truth test of it is an error."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false")

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is None has no bound."""

    low: object
    high: object
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function value: parameters with their types, and what to call with the arguments.

    result: what it is declared to give, and made to; inferred: what its text shows it gives.
    """

    parameters: tuple[tuple[str, t.Type | None], ...]
    call: Callable[..., object]
    result: t.Type | None = None
    inferred: t.Type | None = None


def has_unknown(value: object) -> bool:
    """Whether UNKNOWN is the value, or stands anywhere inside it."""
    if value is UNKNOWN:
        return True
    stack = [value]
    while stack:
        top = stack.pop()
        parts: Iterable[object] = ()
        if isinstance(top, list):
            parts = top
        elif isinstance(top, dict):
            parts = top.values()
        elif isinstance(top, Range):
            parts = (top.low, top.high)
        for part in parts:
            if part is UNKNOWN:
                return True
            if part.__class__ not in _BY_CLASS:
                stack.append(part)
    return False


_BY_CLASS: Mapping[type, t.Type] = {
    Decimal: t.NUMBER,
    str: t.STRING,
    bool: t.BOOLEAN,
    date: t.DATE,
    time: t.TIME,
    datetime: t.DATE_TIME,
    ExtendedDate: t.DATE,
    ExtendedDateTime: t.DATE_TIME,
    NanosecondTime: t.TIME,
    timedelta: t.DAYS_TIME,
    LongDuration: t.DAYS_TIME,
    YearsMonths: t.YEARS_MONTHS,
    type(None): t.NULL,
}


def type_of(value: object) -> t.Type:
    """The type of a value by itself; Any for what has none (UNKNOWN)."""
    simple = _BY_CLASS.get(value.__class__)
    if simple is not None:
        return simple
    if isinstance(value, list):
        kinds = {type_of(item) for item in value}
        return t.list_of(kinds.pop() if len(kinds) == 1 else t.ANY)
    if isinstance(value, dict):
        return t.ContextType(fields=tuple((k, type_of(v)) for k, v in value.items()))
    if isinstance(value, Range):
        return t.range_of(type_of(value.high if value.low is None else value.low))
    if isinstance(value, Closure):
        return t.FunctionType(
            parameters=tuple(kind or t.ANY for _, kind in value.parameters),
            result=value.result or value.inferred or t.ANY,
        )
    return t.FunctionType() if callable(value) else t.ANY
