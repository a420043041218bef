"""What is known already: facts of the applicant, read before the form for the form alone.

Each read leaves its Lookup, with no case yet. Only what the applicant may see and correct is
asked for: records of offences and of debts are read after submission, not for display.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from exchange.ask import Want, ask
from people import identity
from people.actors import Actor
from people.models import User
from portal.context import said
from services.rules import Rulebook

NOT_SHOWN = frozenset({"criminal", "credit"})


@dataclass(frozen=True, slots=True)
class Known:
    """One fact with its label, its value in words, and the registry that says so."""

    id: str
    name: str
    value: str
    raw: Any
    source: str


@dataclass(slots=True)
class Prefill:
    """``facts`` known; ``silent``: names of registries that did not answer just now."""

    facts: list[Known] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def answers(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return first answers for the form's questions that name a fact (``x-prefill``)."""
        known = {fact.id: fact.raw for fact in self.facts}
        return {
            name: known[node["x-prefill"]]
            for name, node in schema.get("properties", {}).items()
            if known.get(node.get("x-prefill")) is not None
        }


def read(book: Rulebook, user: User, *, by: Actor, now: datetime.datetime) -> Prefill:
    """Ask the registries about the applicant, who is logged in; raises nothing for their faults."""
    number = identity.unseal(bytes(user.number))
    subject = identity.index(number)
    wants = [
        Want(
            case="",
            registry=registry.name,
            subject=subject,
            number=number,
            fields=book.fields(registry.name),
            purpose="prefill:" + book.code,
            basis=registry.basis,
        )
        for registry in book.pack.registries.values()
        if registry.name not in NOT_SHOWN and not registry.subject
    ]
    found = Prefill()
    for answer in ask(wants, by=by, now=now):
        name = said(book.pack.registries[answer.registry])
        if answer.outcome == "failed":
            found.silent.append(name)
        elif answer.outcome == "found":
            found.facts.extend(_known(book, answer.registry, name, answer.data))
    return found


def _known(book: Rulebook, registry: str, source: str, data: dict[str, Any]) -> list[Known]:
    """Return the single values among the facts; lists of records are shown with the result."""
    return [
        Known(fact.name, said(fact), spoken(data[fact.field]), data[fact.field], source)
        for fact in book.facts.values()
        if fact.source == registry
        and data.get(fact.field) is not None
        and not isinstance(data[fact.field], list | dict)
    ]


def spoken(value: Any) -> str:
    """Return a canonical value in words."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "" if value is None else str(value)
