"""From a raw JSON value, of a registry or an answer, to the typed value of a fact. Pure.

A value is UNKNOWN when it cannot be relied on: one that is not of the declared type, a list with
the same key twice. It is null when the registry answered that there is none, and the pack allows
that.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

from dmn import types as t
from dmn.errors import FeelError
from dmn.types import STRING, ListType
from dmn.values import UNKNOWN
from dmn.values.json_reader import json_reader
from services.pack.bounds import OPEN
from services.pack.model import SUBJECT, Fact
from services.tokens import subject

Read = Callable[[Any], object]


def reader(fact: Fact) -> Read:
    """A function from a raw JSON value to the fact's value; UNKNOWN if it is not one."""
    kind, nullable = fact.type, fact.nullable
    if isinstance(kind, ListType):
        return _list_reader(fact, kind)
    if kind == STRING:

        def text(raw: Any) -> object:
            if raw.__class__ is str:
                return UNKNOWN if "\x00" in raw else raw
            return None if raw is None and nullable else UNKNOWN

        return text
    read, bounds = json_reader(kind), fact.bounds

    def typed(raw: Any) -> object:
        if raw is None:
            return None if nullable else UNKNOWN
        try:
            return read(raw)
        except FeelError:
            return UNKNOWN

    def bounded(raw: Any) -> object:
        value = typed(raw)
        return value if bounds.admit(value) else UNKNOWN

    return typed if bounds == OPEN else bounded


def _list_reader(fact: Fact, kind: ListType) -> Read:
    items = json_reader(kind)
    bounded = [(name, limits) for name, limits in fact.parts.items() if limits != OPEN]
    if isinstance(kind.of, t.ContextType):
        known = {name for name, _type in kind.of.fields}
        bounded = [pair for pair in bounded if pair[0] in known]
    else:
        known, bounded = set(), []

    def read(raw: Any) -> object:
        if raw is None:
            return None if fact.nullable else UNKNOWN
        if raw.__class__ is not list or len(raw) > fact.longest:
            return UNKNOWN
        if known:  # a registry's records may say more than the pack asks for
            raw = [_only(known, item) for item in raw]
        try:
            found = items(raw)
        except FeelError:
            return UNKNOWN
        assert isinstance(found, list)
        if None in found:
            return UNKNOWN
        for name, limits in bounded:
            if not all(limits.admit(item[name]) for item in found):
                return UNKNOWN
        if fact.key:
            keys = {item[fact.key] for item in found}
            if None in keys or UNKNOWN in keys:
                return UNKNOWN
            if fact.of_persons:  # two persons may have a case in common
                keys = {(item[SUBJECT], item[fact.key]) for item in found}
            if len(keys) != len(found):
                return UNKNOWN
        if not fact.complete:
            found.append(UNKNOWN)  # there may be more: `every` never holds for sure
        return found

    return read


def _only(known: Set[str], item: Any) -> Any:
    """Return a record without the parts that no fact names."""
    if item.__class__ is not dict or item.keys() <= known:
        return item
    return {name: value for name, value in item.items() if name in known}


def plain(value: Any) -> Any:
    """Whole numbers as text; a protected ID number as the index of its person."""
    if value.__class__ is str:
        return subject(value)
    if value.__class__ is int:
        return str(value)
    if value.__class__ is list:
        return [plain(item) for item in value]
    if value.__class__ is dict:
        return {key: plain(item) for key, item in value.items()}
    return value
