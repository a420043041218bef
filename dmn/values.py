"""The values of FEEL as Python values, and their written forms.

| FEEL | Python |
|---|---|
| number | decimal.Decimal (decimal128) |
| string, boolean, null | str, bool, None |
| date, time, date and time | datetime.date, time, datetime, with offset or zone kept |
| the same beyond years 1 to 9999 or microseconds | FarDate, FarMoment, FineTime |
| days and time duration | datetime.timedelta, Span where that is too coarse or short |
| years and months duration | YearsMonths |
| list, context | list, dict (never changed once made) |
| range | Range |
| function | Closure and the built-ins |
| not answered | UNKNOWN |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from dmn import types as t
from dmn.decimals import DIGITS, plain
from dmn.errors import FeelTypeError
from dmn.far import FarDate, FarMoment
from dmn.fine import FineTime, Span
from dmn.temporal import (
    YearsMonths,
    read_date,
    read_date_time,
    read_duration,
    read_time,
    write_date_time,
    write_duration,
    write_time,
)

__all__ = [
    "UNKNOWN",
    "Closure",
    "Range",
    "YearsMonths",
    "from_json",
    "has_unknown",
    "to_feel",
    "to_json",
    "type_of",
]


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
    FarDate: t.DATE,
    FarMoment: t.DATE_TIME,
    FineTime: t.TIME,
    timedelta: t.DAYS_TIME,
    Span: t.DAYS_TIME,
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


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WORD = re.compile(r"[^\W\d]\w*")


def to_feel(value: object) -> str:
    """The value as FEEL text that reads back as the same value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
        case datetime() | FarMoment():
            return f'@"{write_date_time(value)}"'
        case date() | FarDate():
            return f'@"{value.isoformat()}"'
        case time() | FineTime():
            return f'@"{write_time(value)}"'
        case timedelta() | Span() | YearsMonths():
            return f'@"{write_duration(value)}"'
        case list():
            return "[" + ", ".join(map(to_feel, value)) + "]"
        case dict():
            keys = ((k if _WORD.fullmatch(k) else to_feel(k), v) for k, v in value.items())
            return "{" + ", ".join(f"{k}: {to_feel(v)}" for k, v in keys) + "}"
        case Range():
            return _range_text(value)
    raise FeelTypeError("value.text", "此值不能写成文字", f"{value!r} has no written form")


def _range_text(value: Range) -> str:
    if value.low is None:
        return f"({'<=' if value.high_closed else '<'} {to_feel(value.high)})"
    if value.high is None:
        return f"({'>=' if value.low_closed else '>'} {to_feel(value.low)})"
    left, right = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{left}{to_feel(value.low)}..{to_feel(value.high)}{right}"


def to_json(value: object) -> object:
    """Canonical form: numbers, dates and durations as strings, null as null.

    A context's unknown field is left out; UNKNOWN elsewhere has no form (FeelTypeError).
    """
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return plain(value)
        case datetime() | FarMoment():
            return write_date_time(value)
        case date() | FarDate():
            return value.isoformat()
        case time() | FineTime():
            return write_time(value)
        case timedelta() | Span() | YearsMonths():
            return write_duration(value)
        case list():
            return [to_json(item) for item in value]
        case dict():
            return {k: to_json(v) for k, v in value.items() if v is not UNKNOWN}
        case Range():
            return _range_text(value)
    raise FeelTypeError("value.json", "此值不能存成 JSON", f"{value!r} has no JSON form")


NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_READERS: Mapping[t.Type, tuple[Callable[[str], object], type]] = {
    t.DATE: (read_date, date),
    t.TIME: (read_time, time),
    t.DATE_TIME: (read_date_time, datetime),
    t.DAYS_TIME: (read_duration, timedelta),
    t.YEARS_MONTHS: (read_duration, YearsMonths),
}


def from_json(value: object, kind: t.Type) -> object:
    """The value of a canonical JSON form, by its type; None stays None.

    Strict, because a value that two readers read differently must not enter a decision:
    `2024-1-5`, `today`, NaN, exponents and JSON numbers are refused with FeelTypeError.
    A field that a context's type names and the object lacks is UNKNOWN.
    """
    found = _from_json(value, kind)
    if kind.allowed is not None and found is not None and found not in kind.allowed:
        raise _refused(value, kind)
    return found


def _from_json(value: object, kind: t.Type) -> object:
    if value is None:
        return None
    if isinstance(kind, t.ListType):
        if isinstance(value, list):
            return [from_json(item, kind.of) for item in value]
    elif isinstance(kind, t.ContextType):
        if isinstance(value, dict):
            known = dict(kind.fields)
            if set(value) <= set(known):
                return {
                    name: from_json(value[name], of) if name in value else UNKNOWN
                    for name, of in known.items()
                }
    elif isinstance(value, bool):
        if t.bare(kind) == t.BOOLEAN:
            return value
    elif isinstance(value, str):
        return _from_text(value, kind)
    raise _refused(value, kind)


def _from_text(value: str, kind: t.Type) -> object:
    base = t.bare(kind)
    if base == t.STRING:
        return value
    if base == t.NUMBER and NUMBER.fullmatch(value):
        if len(value.lstrip("-0.").replace(".", "")) <= DIGITS and len(value) <= 2 * DIGITS:
            return Decimal(value)
    elif base in _READERS:
        read, wanted = _READERS[base]
        found = read(value)
        if found.__class__ is wanted and "T24:" not in value:  # readers differ about hour 24
            return found
    raise _refused(value, kind)


def _refused(value: object, kind: t.Type) -> FeelTypeError:
    shown = repr(value)[:60]
    return FeelTypeError(
        "value.form",
        f"{shown} 不是规范的 {kind} 值",
        f"{shown} is not a canonical {kind}",
    )
