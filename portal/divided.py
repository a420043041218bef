"""A long form in parts: which questions each has, and how far each is. Pure.

A part begins with each question that has ``x-part-zh`` and ``x-part-en``; what belongs to filings
is a part of its own. A form without such questions is one page, or asks them one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from portal.questions import Schema
from services.pack.model import FILINGS

State = Literal["new", "open", "done"]


@dataclass(slots=True)
class Part:
    """``key``: the name of its first question. ``names``: of all of its questions."""

    key: str
    title: str
    number: int
    names: tuple[str, ...]
    state: State = "new"
    is_current: bool = False
    is_question: bool = False  # one question, by whose label the part is called

    def covers(self, pointer: str) -> bool:
        """Tell whether a question, or what is wrong with it, belongs here."""
        return pointer.split("/", 2)[1:2] != [] and pointer.split("/", 2)[1] in self.names


def parts(schema: Schema, language: str, *, one_by_one: bool = False) -> list[Part]:
    """Return the parts of a form in order; none where it is not divided, or hardly.

    ``one_by_one`` makes a part of each question where the form says nothing of parts.
    """
    properties = schema.get("properties", {})
    if not any(f"x-part-{language}" in node for node in properties.values()):
        return _questions(schema, language) if one_by_one else []
    found: list[tuple[str, str, list[str]]] = []
    for name, node in properties.items():
        if _is_declaration(node):
            continue
        title = node.get(f"x-part-{language}", "")
        if name == FILINGS:
            title = node.get(f"x-{language}", "")
        if title:
            found.append((name, title, []))
        elif not found:
            return []
        found[-1][2].append(name)
    return [
        Part(key, title, number, tuple(names))
        for number, (key, title, names) in enumerate(found, 1)
    ]


def _questions(schema: Schema, language: str) -> list[Part]:
    asked = {n: node for n, node in schema["properties"].items() if not _is_declaration(node)}
    if len(asked) < 2:
        return []
    return [
        Part(name, node.get(f"x-{language}", name), number, (name,), is_question=True)
        for number, (name, node) in enumerate(asked.items(), 1)
    ]


def _is_declaration(node: Any) -> bool:
    return node.get("type") == "boolean" and node.get("const") is True


def mark(
    found: Sequence[Part], *, seen: Collection[str], wrong: Iterable[str], current: str
) -> None:
    """Say of each part whether it is done; ``wrong``: pointers of what is missing or wrong."""
    pointers = list(wrong)
    for part in found:
        part.is_current = part.key == current
        if part.key in seen:
            part.state = "open" if any(map(part.covers, pointers)) else "done"


def named(found: Sequence[Part], key: str) -> Part:
    """Return the part of that key; the first one where there is none."""
    return next((part for part in found if part.key == key), found[0])


def after(found: Sequence[Part], key: str) -> Part | None:
    """Return what comes after a part; None after the last."""
    place = found.index(named(found, key)) + 1
    return found[place] if place < len(found) else None


def before(found: Sequence[Part], key: str) -> Part | None:
    """Return what comes before a part; None before the first."""
    place = found.index(named(found, key))
    return found[place - 1] if place else None
