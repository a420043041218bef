"""`from_json` made ready for one type, for callers that read the same type again and again.

What is not plainly of the type goes to `from_json` itself, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from dmn import types as t
from dmn.values.decimals import DIGITS
from dmn.values.json import NUMBER, from_json
from dmn.values.kinds import UNKNOWN

Read = Callable[[Any], object]


def json_reader(kind: t.Type) -> Read:
    """The function that `from_json` is for values of this type; raises FeelTypeError as it does."""
    if kind.allowed is not None:
        return _one_of(kind)
    if isinstance(kind, t.ListType):
        return _list(kind)
    if isinstance(kind, t.ContextType):
        return _context(kind)
    plain = {t.STRING: _string, t.BOOLEAN: _boolean, t.NUMBER: _number, t.DATE: _date}.get(kind)
    return plain(kind) if plain else lambda value: from_json(value, kind)


def _one_of(kind: t.Type) -> Read:
    if t.base_type(kind) != t.STRING or not all(one.__class__ is str for one in kind.allowed or ()):
        return lambda value: from_json(value, kind)
    allowed = frozenset(map(str, kind.allowed or ()))

    def read(value: Any) -> object:
        if value.__class__ is str and value in allowed:
            return value
        return from_json(value, kind)

    return read


def _string(kind: t.Type) -> Read:
    return lambda value: value if value.__class__ is str else from_json(value, kind)


def _boolean(kind: t.Type) -> Read:
    return lambda value: value if value is True or value is False else from_json(value, kind)


def _number(kind: t.Type) -> Read:
    written = NUMBER.fullmatch

    def read(value: Any) -> object:
        if value.__class__ is str and len(value) <= DIGITS and written(value):
            return Decimal(value)
        return from_json(value, kind)

    return read


def _date(kind: t.Type) -> Read:
    parse = date.fromisoformat

    def read(value: Any) -> object:
        # Python also reads 20260131 and 2026-W05-6, which are no dates in FEEL
        if value.__class__ is str and len(value) == 10 and value[4] == value[7] == "-":
            try:
                return parse(value)
            except ValueError:
                pass
        return from_json(value, kind)

    return read


def _list(kind: t.ListType) -> Read:
    item = json_reader(kind.of)

    def read(value: Any) -> object:
        if value.__class__ is list:
            return [item(one) for one in value]
        return from_json(value, kind)

    return read


def _context(kind: t.ContextType) -> Read:
    fields = [(name, json_reader(of)) for name, of in dict(kind.fields).items()]
    names = {name for name, _ in fields}

    def read(value: Any) -> object:
        if value.__class__ is dict and value.keys() <= names:
            return {name: of(value[name]) if name in value else UNKNOWN for name, of in fields}
        return from_json(value, kind)

    return read
