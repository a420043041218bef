"""One case of a trial, judged by both editions: conditions and facts, and nothing that says whose.

A fact is shown where its value is one of a few (yes or no, a listed text, a code), a number or a
date; of when somebody was born their age. Names, numbers, addresses and whatever else is free text
are hidden, and so are entries of lists.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from approvals.models import Decision
from dmn import types as t
from people.language import language
from services.explain import Value, explain
from services.inputs import read_inputs
from services.models import TrialFlip
from services.pack.model import AS_OF
from services.playground import OUTCOMES
from services.rulebook import Rulebook
from services.verdict import judge


@dataclass(frozen=True, slots=True)
class Fact:
    """What a condition reads: hidden, unknown (nobody answered), or its value in words."""

    label: str
    text: str
    source: str
    is_known: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition by one edition: its words, law, result, and the facts behind it."""

    words: str
    law: str
    result: str
    status: str
    unmet: str
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class Compared:
    """One condition by both editions; None where an edition does not have it."""

    id: str
    live: Condition | None
    draft: Condition | None
    is_changed: bool


def compared(flip: TrialFlip, live: Rulebook, draft: Rulebook) -> list[Compared]:
    """The conditions of both editions, those that changed first. Raises ``DoesNotExist``."""
    facts = _facts(flip)
    one, other = _conditions(live, facts), _conditions(draft, facts)
    found = [
        Compared(id_, one.get(id_), other.get(id_), id_ in flip.changes) for id_ in {**other, **one}
    ]
    return sorted(found, key=lambda line: not line.is_changed)


def received(flip: TrialFlip) -> datetime.date:
    """The day of receipt, on which both editions judge the case."""
    return datetime.date.fromisoformat(_facts(flip)[AS_OF])


def _facts(flip: TrialFlip) -> dict[str, Any]:
    """Those of the decision that stood when it was tried, or those that were generated."""
    if flip.decision is None:
        return dict(flip.facts or {})
    return dict(Decision.objects.values_list("inputs", flat=True).get(pk=flip.decision))


def _conditions(book: Rulebook, facts: dict[str, Any]) -> dict[str, Condition]:
    payload = judge(book, read_inputs(book, facts)).payload()
    day = datetime.date.fromisoformat(facts[AS_OF])
    return {
        line.id: Condition(
            line.words,
            line.law,
            line.result,
            line.status,
            OUTCOMES[line.unmet][language() != "zh"] if line.unmet in OUTCOMES else "",
            [_fact(book, value, facts, day) for value in line.values],
        )
        for line in explain(book, payload, language(), officer=True)
    }


def _fact(book: Rulebook, value: Value, facts: dict[str, Any], day: datetime.date) -> Fact:
    if value.origin in ("parameter", "date") or not value.known:
        return Fact(value.label, value.text, value.source, value.known, False)
    spec = book.facts.get(value.name)
    if spec is not None and (spec.source, spec.field) == settings.CITY.governance.groups.born:
        return Fact(value.label, _age(facts.get(value.name), day), value.source, True, False)
    hidden = spec is None or not _is_of_few(
        spec.type, is_coded=bool(spec.labels) or spec.is_division
    )
    return Fact(value.label, "" if hidden else value.text, value.source, True, hidden)


def _is_of_few(kind: t.Type, *, is_coded: bool) -> bool:
    """Whether a value of the kind says nothing of who somebody is."""
    if isinstance(kind, (t.ListType, t.ContextType)):
        return False
    if t.base_type(kind) == t.STRING:
        return is_coded or kind.allowed is not None
    return True


def _age(born: Any, day: datetime.date) -> str:
    """Completed years; empty for what is no date."""
    try:
        date = datetime.date.fromisoformat(str(born))
    except ValueError:
        return ""
    years = day.year - date.year - ((day.month, day.day) < (date.month, date.day))
    return f"{years} 周岁" if language() == "zh" else f"{years} years old"
