"""A service as a citizen reads it: what, who, where from, how long. Words come from the edition."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext

from approvals import words
from dmn.types import BOOLEAN
from people.language import in_language, language, listed
from portal import quotas
from services.explain import Explanation
from services.outputs import not_asked
from services.pack.fee import Fee
from services.pack.model import Fact, Registry
from services.pack.quota import Quota
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Source:
    """A registry that will be asked: its name, which facts, why, on what legal basis.

    ``whom``: about whom else, in words; empty: the applicant, or what one answer names.
    """

    code: str
    name: str
    fields: str
    purpose: str
    basis: str
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Of whom a condition does not hold: they come to a counter, with these originals."""

    condition: str
    bring: list[str]


@dataclass(slots=True)
class Sheet:
    """One service on one date, in the reader's language."""

    code: str
    name: str
    summary: str
    department: str
    audience: str
    visits: str
    promise: str
    statutory: str
    statutory_law: str
    law: str
    kind: str
    edition: int
    in_force: datetime.date
    instant: bool  # the machine may decide: it is not suspended
    fee: Fee | None = None
    quota: Quota | None = None  # there are so many places
    places: str = ""  # how many, and how many are left
    conditions: list[Explanation] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    at_counter: list[Visit] = field(default_factory=list)


def sheet(
    book: Rulebook,
    on: datetime.date,
    *,
    instant: bool = True,
    full: bool = True,
    answers: Mapping[str, Any] | None = None,
) -> Sheet:
    """Return the sheet of an edition; ``full`` adds conditions and sources.

    ``instant`` is whether the machine may decide (``catalogue.automatic``). ``answers``: of a form
    that is filled in; registries that are not asked with these are left out.
    """
    made = Sheet(
        code=book.code,
        name=in_language(book.pack.name),
        summary=in_language(book.pack.summary),
        department=in_language(book.pack.department),
        audience=gettext("For enterprises")
        if book.pack.applicant == "enterprise"
        else gettext("For persons"),
        visits=visits(book.pack.visits),
        promise=term(book.pack.clock.promised.days, book.pack.clock.promised.unit),
        statutory=term(book.pack.clock.statutory.days, book.pack.clock.statutory.unit),
        statutory_law=book.pack.clock.statutory.law,
        law=book.pack.law,
        kind=kind(book.pack.legal_kind),
        edition=book.number,
        in_force=book.in_force_from,
        instant=instant,
        fee=book.pack.fee,
    )
    if full:
        made.quota, made.places = book.pack.quota, quotas.left(book, on)
        made.conditions = words.conditions(book, on)
        skipped = frozenset() if answers is None else not_asked(book, answers, on)
        made.sources = [one for one in sources(book) if one.code not in skipped]
        made.at_counter = at_counter(book, made.conditions)
    return made


def at_counter(book: Rulebook, conditions: Iterable[Explanation]) -> list[Visit]:
    """Return for which of the conditions one comes to a counter, and what one brings.

    Empty where no counter of the city takes the service.
    """
    if not any(counter.takes(book.code) for counter in settings.CITY.counters.values()):
        return []
    brought = {one.id: one.bring for one in book.pack.requirements if one.bring}
    return [
        Visit(line.words, [in_language(item) for item in brought[line.id]])
        for line in conditions
        if line.id in brought
    ]


def sources(book: Rulebook) -> list[Source]:
    return [
        Source(
            code,
            in_language(registry),
            listed(asked_for(f) for f in book.facts.values() if f.source == code),
            in_language(registry.purpose),
            registry.basis,
            _whom(book, registry),
        )
        for code, registry in book.pack.registries.items()
    ]


def asked_for(fact: Fact) -> str:
    """Name what a registry is asked for, so that 有犯罪记录 does not read like what it answered."""
    name = in_language(fact)
    return gettext("%(name)s (yes or no)") % {"name": name} if fact.type == BOOLEAN else name


def of_others(book: Rulebook) -> list[Source]:
    """Return the registries that are asked about persons whom the applicant names."""
    registries = book.pack.registries
    return [one for one in sources(book) if one.whom and not registries[one.code].naming]


def _whom(book: Rulebook, registry: Registry) -> str:
    """Name whom else a registry is asked about: as the form calls them, or another registry."""
    if not registry.of_others:
        return ""
    named = book.facts.get(registry.naming)
    whom = {"whom": in_language(named) if named else _label(book, registry.subject)}
    if registry.item:
        return gettext("About each of: %(whom)s") % whom
    return gettext("About: %(whom)s") % whom


def _label(book: Rulebook, answer: str) -> str:
    node = book.form["properties"].get(answer, {})
    return str(node.get(f"x-{language()}", answer))


def visits(times: int) -> str:
    if times == 0:
        return gettext("No visit")
    return ngettext("%(n)d visit", "%(n)d visits", times) % {"n": times}


def term(days: int, unit: str) -> str:
    if unit == "working":
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def kind(code: str) -> str:
    return {
        "licence": gettext("Licence"),
        "confirmation": gettext("Administrative confirmation"),
        "benefit": gettext("Benefit"),
        "filing": gettext("Filing"),
    }.get(code, code)
