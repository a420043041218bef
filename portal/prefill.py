"""What is known already: facts of the applicant, read before the form for the form alone.

Each read leaves its Lookup, with no case yet. Only what the applicant may see and correct is
asked for: records of offences and of debts are read after submission, not for display.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from exchange.registries import Answer, Query, query_within
from people import identity
from people.actors import Actor
from people.language import in_language, language
from services.explain import Value, fact_in_words
from services.rulebook import Rulebook

BUDGET = 1.5  # seconds for the registries of other agencies together


@dataclass(frozen=True, slots=True)
class Source:
    """One registry that answered, and what it says: the same values that a result shows."""

    name: str
    facts: list[Value]


@dataclass(slots=True)
class Prefill:
    """``sources`` that answered; ``silent``: names of registries that did not, just now."""

    sources: list[Source] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(source.facts) for source in self.sources)

    def answers(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return first answers for the form's questions that name a fact (``x-prefill``)."""
        return {
            name: self.raw[node["x-prefill"]]
            for name, node in schema.get("properties", {}).items()
            if self.raw.get(node.get("x-prefill")) is not None
        }


def read(
    book: Rulebook,
    number: str,
    *,
    purpose: str,
    by: Actor,
    now: datetime.datetime,
    only: str = "",
) -> Prefill:
    """Ask the registries about the applicant; raises nothing for their faults.

    Each look-up names ``by``, the applicant or the officer at a counter, and the ``purpose``.
    ``only``: one registry of the edition.
    """
    subject = identity.index(number)
    queries = [
        Query(
            case="",
            registry=registry.name,
            subject=subject,
            number=number,
            fields=book.fields[registry.name],
            purpose=purpose,
            basis=registry.basis,
        )
        for registry in book.pack.registries.values()
        if _shown(registry.name) and not registry.subject and only in ("", registry.name)
    ]
    return of_answers(book, query_within(queries, by=by, now=now, seconds=BUDGET))


def of_answers(book: Rulebook, answers: Iterable[Answer]) -> Prefill:
    """Return what registries have answered about the applicant, as far as it is shown to them."""
    found = Prefill()
    for answer in answers:
        declared = book.pack.registries.get(answer.registry)
        if declared is None or declared.subject or not _shown(answer.registry):
            continue
        name = in_language(declared)
        if answer.outcome == "failed":
            found.silent.append(name)
        elif answer.outcome == "found":
            facts_of = _single_values(book, answer.registry, answer.data)
            found.raw |= facts_of
            facts = [fact_in_words(book, n, raw, language()) for n, raw in facts_of.items()]
            found.sources.append(Source(name, facts))
    return found


def _shown(registry: str) -> bool:
    """Tell whether the city lets an applicant see a registry's facts before submission."""
    found = settings.CITY.registries.get(registry)
    return found is not None and found.shown


def _single_values(book: Rulebook, registry: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the single values by fact; lists of records are shown with the result."""
    return {
        fact.name: data[fact.field]
        for fact in book.facts.values()
        if fact.source == registry
        and data.get(fact.field) is not None
        and not isinstance(data[fact.field], list | dict)
    }
