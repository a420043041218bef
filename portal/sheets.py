"""A service as a citizen reads it: what, who, where from, how long. Words come from the edition."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext, ngettext

from approvals import words
from portal.context import language
from services import catalogue
from services.models import Edition
from services.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Condition:
    words: str
    law: str


@dataclass(frozen=True, slots=True)
class Source:
    """A registry that will be asked: its name, which facts, why, on what legal basis."""

    code: str
    name: str
    fields: str
    purpose: str
    basis: str


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
    open: bool
    conditions: list[Condition] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    def matches(self, query: str) -> bool:
        """Tell whether every word of ``query`` is in the name, summary or department."""
        text = f"{self.name} {self.summary} {self.department} {self.code}".casefold()
        return all(part in text for part in query.casefold().split())


def sheet(edition: Edition, on: datetime.date, *, full: bool = True) -> Sheet:
    """Return the sheet of an edition; ``full`` adds conditions and sources."""
    book = catalogue.rulebook(edition)
    tongue = language()
    made = Sheet(
        code=book.code,
        name=book.name.of(tongue),
        summary=book.summary.of(tongue),
        department=book.department.name.of(tongue),
        audience=gettext("For enterprises")
        if book.applicant == "enterprise"
        else gettext("For persons"),
        visits=visits(book.visits),
        promise=promise(book),
        statutory=term(book.clock.statutory.days, book.clock.statutory.unit),
        statutory_law=book.clock.statutory.law,
        law=book.law,
        kind=kind(book.legal_kind),
        edition=book.number,
        in_force=edition.in_force_from,
        open=edition.service.enabled,
    )
    if full:
        made.conditions = [Condition(w, law) for w, law in conditions(book, on)]
        made.sources = sources(book)
    return made


def conditions(book: Rulebook, on: datetime.date) -> Iterable[tuple[str, str]]:
    """Yield (words with the parameters of that date filled in, law) of each requirement."""
    for requirement in book.requirements:
        yield book.words(requirement, language(), on), requirement.law


def sources(book: Rulebook) -> list[Source]:
    tongue = language()
    found = []
    for code, registry in book.pack.registries.items():
        labels = [f.label.of(tongue) for f in book.pack.facts.values() if f.source == code]
        found.append(
            Source(
                code,
                str(words.register(code)),
                ("、" if tongue == "zh" else ", ").join(labels),
                registry.purpose.of(tongue),
                registry.basis,
            )
        )
    return found


def visits(times: int) -> str:
    if times == 0:
        return gettext("No visit")
    return ngettext("%(n)d visit", "%(n)d visits", times) % {"n": times}


def promise(book: Rulebook) -> str:
    """Return the promised time; zero days means: while you wait."""
    limit = book.clock.promised
    return gettext("In seconds") if limit.days == 0 else term(limit.days, limit.unit)


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
