"""Facts as JSON: one canonical form of each value, read strictly by its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from dmn import types as t
from dmn.errors import FeelTypeError
from dmn.values.decimals import DIGITS
from dmn.values.kinds import UNKNOWN, Range
from dmn.values.temporal import (
    YearsMonths,
    read_date,
    read_date_time,
    read_duration,
    read_time,
)
from dmn.values.text import range_text, simple_text


def to_json(value: object) -> object:
    """Canonical form: numbers, dates and durations as strings, null as null.

    A context's unknown field is left out; UNKNOWN elsewhere has no form (FeelTypeError).
    """
    match value:
        case None | bool() | str():
            return value
        case list():
            return [to_json(item) for item in value]
        case dict():
            return {k: to_json(v) for k, v in value.items() if v is not UNKNOWN}
        case Range():
            return range_text(value)
    text = simple_text(value)
    if text is None:
        raise FeelTypeError("value.json", "此值不能存成 JSON", f"{value!r} has no JSON form")
    return text


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
        if t.base_type(kind) == t.BOOLEAN:
            return value
    elif isinstance(value, str):
        return _from_text(value, kind)
    raise _refused(value, kind)


def _from_text(value: str, kind: t.Type) -> object:
    base = t.base_type(kind)
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
