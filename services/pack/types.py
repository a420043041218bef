"""The types that a pack may name, and the reading of values written in a pack."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from dmn import types as t
from dmn.errors import FeelError
from dmn.values import from_json
from dmn.values.temporal import YearsMonths, read_date, read_duration

NAMED: dict[str, t.Type] = {
    "text": t.STRING,
    "number": t.NUMBER,
    "boolean": t.BOOLEAN,
    "date": t.DATE,
    "duration": t.YEARS_MONTHS,
    "days": t.DAYS_TIME,
}


def day(text: str) -> datetime.date | None:
    """A calendar day of the years 1 to 9999, written ``2026-01-31``; None for anything else."""
    found = read_date(text)
    return found if found.__class__ is datetime.date else None  # type: ignore[return-value]


def declared(kind: object, of: object = None) -> t.Type:
    """The type of a declaration: a name, a list of allowed texts, or ``list`` with its ``of``.

    A field of ``of`` is a type, or a map of ``type`` and bounds.
    """
    if isinstance(kind, dict):
        return declared(kind["type"])
    if isinstance(kind, list):
        return t.enumeration(t.STRING, *(str(value) for value in kind))
    if kind == "list":
        if isinstance(of, dict):
            return t.list_of(t.context_of(**{name: declared(part) for name, part in of.items()}))
        return t.list_of(declared(of if of is not None else "text"))
    return NAMED[str(kind)]


def inferred(value: object) -> t.Type:
    """The type that a parameter's written value shows; what shows nothing else is text."""
    if isinstance(value, list):
        kinds = {inferred(item) for item in value}
        return t.list_of(kinds.pop() if len(kinds) == 1 else t.STRING)
    text = str(value)
    if text in ("true", "false"):
        return t.BOOLEAN
    span = read_duration(text)
    if span is not None:
        return t.YEARS_MONTHS if isinstance(span, YearsMonths) else t.DAYS_TIME
    if day(text) is not None:
        return t.DATE
    try:
        from_json(text, t.NUMBER)
    except FeelError:
        return t.STRING
    return t.NUMBER


def written(value: object, kind: t.Type) -> object:
    """A value written in a pack, as a value of its type; raises ``FeelTypeError``."""
    if kind == t.BOOLEAN and value in ("true", "false"):
        return value == "true"
    if isinstance(kind, t.ListType) and isinstance(value, list):
        return [written(item, kind.of) for item in value]
    return from_json(value, kind)


def words(part: Mapping[str, Any]) -> dict[str, str]:
    """The text of a part in both languages."""
    return {"zh": part["zh"].strip(), "en": part["en"].strip()}
