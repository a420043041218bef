"""Which registry facts speak of the same thing as an answer, and of one another. Pure.

A pack says so in three places: a question is prefilled from a fact (``x-prefill``); a condition
demands that two of them are equal; a registry is asked about an answer (``subject``). Whether they
agree is for the conditions to judge; this is for the eyes of an officer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dmn.feel import tree
from services.inputs import NAME
from services.pack.model import ANSWERS, Fact
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Match:
    """What an edition compares with one another. ``field``: of the form; empty where registries
    speak of a thing that nobody was asked for.

    ``same``: facts of registries that have to agree; ``beside``: what a registry says of the
    answer, which is another thing.
    """

    field: str
    same: tuple[str, ...]
    beside: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def matches(rulebook: Rulebook) -> tuple[Match, ...]:
    """One match a question that registries speak of, in the form's order; then the others."""
    facts = rulebook.facts
    groups = list(_groups(rulebook))
    found = []
    for field, node in rulebook.form["properties"].items():
        mine = {
            name for name, fact in facts.items() if (fact.source, fact.field) == (ANSWERS, field)
        }
        same = {name for group in groups if group & mine for name in group}
        if node.get("x-prefill"):
            same.add(node["x-prefill"])
        same = {name for name in same if facts[name].source != ANSWERS}
        beside = [
            name
            for name, fact in facts.items()
            if not fact.of_others and _subject_of(rulebook, fact) == field and name not in same
        ]
        if same or beside:
            found.append(Match(field, _in_order(rulebook, same), tuple(beside)))
    placed = {name for match in found for name in match.same}
    for group in groups:
        is_asked = any(facts[name].source == ANSWERS for name in group)
        if not is_asked and not group & placed and not _are_names(rulebook, group):
            found.append(Match("", _in_order(rulebook, group)))
    return tuple(found)


def own_names(rulebook: Rulebook) -> tuple[str, ...]:
    """The facts that are the applicant's name, as each registry about the applicant has it."""
    return tuple(
        name
        for name, fact in rulebook.facts.items()
        if fact.field == NAME
        and fact.source in rulebook.pack.registries
        and not fact.of_others
        and not _subject_of(rulebook, fact)
    )


def _is_compared(rulebook: Rulebook, name: str) -> bool:
    """Whether a name is a fact that an answer or a registry about the applicant gives."""
    fact = rulebook.facts.get(name)
    if fact is None or fact.of_others:
        return False
    return fact.source == ANSWERS or fact.source in rulebook.pack.registries


def _subject_of(rulebook: Rulebook, fact: Fact) -> str:
    """The answer that names whom a fact's registry is asked about; empty: the applicant."""
    registry = rulebook.pack.registries.get(fact.source)
    return registry.subject if registry else ""


def _are_names(rulebook: Rulebook, group: set[str]) -> bool:
    return bool(group & set(own_names(rulebook)))


def _in_order(rulebook: Rulebook, found: set[str]) -> tuple[str, ...]:
    return tuple(name for name in rulebook.facts if name in found)


def _groups(rulebook: Rulebook) -> Iterator[set[str]]:
    """Facts that conditions demand to be equal, joined through one another."""
    groups: list[set[str]] = []
    for one, other in _equal_pairs(rulebook):
        joined = {one, other}
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    yield from groups


def _equal_pairs(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    trees = rulebook.program.trees
    for place in range(len(rulebook.pack.requirements)):
        for node in tree.walk(trees["requirements", place, "must"]):
            if not isinstance(node, tree.Comparison) or node.op != "=":
                continue
            sides = (node.left, node.right)
            names = [side.name for side in sides if isinstance(side, tree.Name)]
            if len(names) == 2 and all(_is_compared(rulebook, name) for name in names):
                yield names[0], names[1]
