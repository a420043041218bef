"""Decision tables of two editions, row by row. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from dmn import Node, Table, Type, to_feel
from dmn.feel.tree import Literal, UnaryTests
from dmn.tables.model import Input, Output, Rule


@dataclass(frozen=True, slots=True)
class RowPair:
    """A row before and after; ``number``: where it stands, from one, afterwards or else before."""

    number: int
    old: Rule | None
    new: Rule | None


@dataclass(frozen=True, slots=True)
class Head:
    """An input column, an output column or a default: what it says, and what it may be."""

    node: Node | None
    detail: str


@dataclass(frozen=True, slots=True)
class HeadPair:
    """Something of a table's head before and after."""

    kind: str  # columns, results, default
    number: int
    old: Head | None
    new: Head | None


def rows(old: Table, new: Table) -> Iterator[RowPair]:
    """The rows that differ: a changed one with both, others added or removed."""
    before, after = _ids(old, new)
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        both = min(a2 - a1, b2 - b1)
        for n in range(both):
            yield RowPair(b1 + n + 1, old.rules[a1 + n], new.rules[b1 + n])
        for n in range(a1 + both, a2):
            yield RowPair(n + 1, old.rules[n], None)
        for n in range(b1 + both, b2):
            yield RowPair(n + 1, None, new.rules[n])


def _ids(old: Table, new: Table) -> tuple[list[int], list[int]]:
    """A number for each row, the same for rows that say the same."""
    known: list[object] = []

    def number(rule: Rule) -> int:
        label = "" if rule.label.isdecimal() else rule.label  # a running number says nothing
        said = rule.tests, rule.outputs, label
        if said not in known:
            known.append(said)
        return known.index(said)

    return [number(one) for one in old.rules], [number(one) for one in new.rules]


def heads(old: Table, new: Table) -> Iterator[HeadPair]:
    """What differs in the columns: what they look at, their types, what they give."""
    for n, (a, b) in enumerate(zip_longest(old.inputs, new.inputs), 1):
        if a != b:
            yield HeadPair("columns", n, _column(a), _column(b))
    for n, (c, d) in enumerate(zip_longest(old.outputs, new.outputs), 1):
        before, after = _default(c), _default(d)
        if before != after:
            yield HeadPair("default", n, before, after)
        result, another = _result(c), _result(d)
        if result != another:
            yield HeadPair("results", n, result, another)


def _column(one: Input | None) -> Head | None:
    return Head(one.expression, _detail(one.type, one.allowed)) if one else None


def _default(one: Output | None) -> Head | None:
    return Head(one.default, "") if one and one.default else None


def _result(one: Output | None) -> Head | None:
    return Head(None, f"{one.name} {_detail(one.type, one.allowed)}") if one else None


def _detail(kind: Type | None, allowed: UnaryTests | None) -> str:
    """What a column may be: its type, and the values to which it is limited."""
    values = (
        [to_feel(one.value) for one in allowed.tests if isinstance(one, Literal)] if allowed else []
    )
    return " ".join(filter(None, (str(kind) if kind else "", ", ".join(values))))
