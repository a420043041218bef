"""What is known about one case on one day, as typed values and in canonical form. Pure.

A fact is UNKNOWN when nobody answered, and when the answer cannot be relied on: a missing field,
a value that is not of the declared type, a list with the same key twice. It is null when the
registry answered that there is none, and the pack allows that.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dmn.errors import FeelError
from dmn.json_reader import json_reader
from dmn.types import STRING, ListType
from dmn.values import UNKNOWN
from services.pack.model import Fact
from services.tokens import subject

AS_OF = "as_of"
CONSENTS = "consents"
FILINGS = "filings"
COSIGN = "cosign"  # among the consents: whether everyone else who must sign has confirmed


@dataclass(slots=True)
class Inputs:
    """``values``: typed, by name, parameters and ``as_of`` included. ``json``: the same in
    canonical form, unknown ones missing. ``facts``: only what was read or answered.
    """

    values: dict[str, object]
    json: dict[str, Any]
    facts: dict[str, Any]
    consents: dict[str, str]  # item: asked, granted, denied; COSIGN likewise
    as_of: datetime.date
    filings: dict[str, Any]  # the answers' blocks, by filing

    def to_json(self) -> dict[str, Any]:
        """Everything that the decision rests on, beside the edition; ``Rulebook.read`` inverts.

        null: the registry answered that there is none. A fact that is missing is unknown.
        """
        found = {**self.facts, AS_OF: self.as_of.isoformat(), CONSENTS: self.consents}
        if self.filings:
            found[FILINGS] = self.filings
        return found


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
    read = json_reader(kind)

    def typed(raw: Any) -> object:
        if raw is None:
            return None if nullable else UNKNOWN
        try:
            return read(raw)
        except FeelError:
            return UNKNOWN

    return typed


def _list_reader(fact: Fact, kind: ListType) -> Read:
    items = json_reader(kind)

    def read(raw: Any) -> object:
        if raw is None:
            return None if fact.nullable else UNKNOWN
        if raw.__class__ is not list or len(raw) > fact.longest:
            return UNKNOWN
        try:
            found = items(raw)
        except FeelError:
            return UNKNOWN
        assert isinstance(found, list)
        if None in found:
            return UNKNOWN
        if fact.key:
            keys = {item[fact.key] for item in found}
            if len(keys) != len(found) or None in keys or UNKNOWN in keys:
                return UNKNOWN
        if not fact.complete:
            found.append(UNKNOWN)  # there may be more: `every` never holds for sure
        return found

    return read


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


Sources = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def sources(facts: Iterable[Fact]) -> Sources:
    """The facts by where they come from: a source, then each fact's name and its field there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for fact in facts:
        found.setdefault(fact.source, []).append((fact.name, fact.field))
    return tuple((source, tuple(pairs)) for source, pairs in found.items())


def gathered(
    asked: Sources,
    answers: Mapping[str, Any],
    evidence: Mapping[str, tuple[str, Mapping[str, Any]]],
) -> dict[str, Any]:
    """The raw value of each fact of which anything was said; what was left out as null.

    An answer takes its canonical form here: whole numbers as text.
    """
    said: dict[str, Any] = {}
    for source, pairs in asked:
        if source == "answers":
            for name, field in pairs:
                said[name] = plain(answers.get(field))
            continue
        outcome, found = evidence.get(source, ("failed", {}))
        if outcome == "absent":
            said.update((name, None) for name, _ in pairs)
        elif outcome == "found":
            for name, field in pairs:
                if field in found:
                    said[name] = found[field]
    return said
