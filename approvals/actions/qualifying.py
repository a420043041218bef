"""Services that a person may qualify for (免申即享), by what the registries already say.

On the person's wish alone: each registry is asked once for all services together, for the fields
that their conditions rest on, and only those registries whose facts the person may see anyway. The
same judge as ever; nothing is kept but the look-ups.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from approvals.actions.prechecks import BUDGET
from exchange.registries import Query, query_within
from people import identity
from people.actors import Actor
from services.inputs import gather_inputs
from services.pack.model import APPLICANT
from services.rulebook import Rulebook
from services.verdict import MET, NOT_APPLICABLE, UNKNOWN, UNMET, Verdict, judge

PURPOSE = "qualify"


@dataclass(frozen=True, slots=True)
class Standing:
    """One service and one person, before anything is filled in; ids of the edition's conditions.

    ``met`` includes what does not apply. ``unknown``: the registry was asked in vain, or what it
    says cannot be relied on. ``later``: rests on a registry that is asked after submission.
    ``filled``: rests on what is still to be filled in.
    """

    verdict: Verdict
    met: tuple[str, ...]
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    later: tuple[str, ...]
    filled: tuple[str, ...]

    @property
    def book(self) -> Rulebook:
        return self.verdict.rulebook

    @property
    def may_qualify(self) -> bool:
        """Whether everything that the registries say already speaks for it, and something does."""
        return bool(self.met) and not self.unmet and not self.unknown


@dataclass(frozen=True, slots=True)
class Standings:
    """``silent``: the registries of the city that were asked in vain."""

    services: tuple[Standing, ...]
    silent: tuple[str, ...]


def qualify(
    *, books: Sequence[Rulebook], number: str, by: Actor, on: datetime.date, now: datetime.datetime
) -> Standings:
    """Judge services for the person with that ``number`` by what is known without them.

    Takes ``prechecks.BUDGET`` seconds at most. Raises nothing for faults of a registry.
    """
    found = query_within(_queries(books, number), by=by, now=now, seconds=BUDGET)
    evidence = {answer.registry: (answer.outcome, answer.data) for answer in found}
    services = []
    for book in books:
        mine = {name: evidence[name] for name in asked_of(book) if name in evidence}
        services.append(_standing(judge(book, gather_inputs(book, {}, mine, {}, on))))
    silent = tuple(answer.registry for answer in found if answer.outcome == "failed")
    return Standings(tuple(services), silent)


def asked_of(book: Rulebook) -> list[str]:
    """Return the registries that are asked about the person for a service, in its order."""
    return [
        name
        for name, entry in book.pack.registries.items()
        if not entry.subject and _is_shown(entry.registry) and book.fields[name]
    ]


def _is_shown(registry: str) -> bool:
    ours = settings.CITY.registries.get(registry)
    return ours is not None and ours.shown


def _queries(books: Iterable[Rulebook], number: str) -> list[Query]:
    """Return one question to each registry, with what any of the services needs of it."""
    fields: dict[str, set[str]] = {}
    bases: dict[str, dict[str, None]] = {}
    for book in books:
        for name in asked_of(book):
            fields.setdefault(name, set()).update(book.fields[name])
            bases.setdefault(name, {})[book.pack.registries[name].basis] = None
    subject = identity.index(number)
    return [
        Query(
            case="",
            registry=name,
            subject=subject,
            number=number,
            fields=tuple(sorted(wanted)),
            purpose=PURPOSE,
            basis="；".join(bases[name]),
        )
        for name, wanted in fields.items()
    ]


def _standing(verdict: Verdict) -> Standing:
    book, asked = verdict.rulebook, set(asked_of(verdict.rulebook))
    found: dict[str, list[str]] = {"met": [], "unmet": [], "unknown": [], "later": [], "filled": []}
    for condition, result in zip(book.conditions, verdict.results, strict=True):
        sources = set(_sources(book, (*condition.uses, *condition.withheld)))
        if any(_is_of_answer(book, source) for source in sources):
            kind = "filled"
        elif sources - asked:
            kind = "later"
        else:
            kind = {MET: "met", NOT_APPLICABLE: "met", UNMET: "unmet", UNKNOWN: "unknown"}[result]
        found[kind].append(condition.id)
    return Standing(verdict, **{kind: tuple(ids) for kind, ids in found.items()})


def _is_of_answer(book: Rulebook, source: str) -> bool:
    """Who applies is known, and is compared with what is still to be filled in."""
    return source in ("answers", APPLICANT) or bool(book.pack.registries[source].subject)


def _sources(book: Rulebook, names: Iterable[str]) -> Iterator[str]:
    """Yield where facts come from, and what tables read: answers, or an entry of registries."""
    for name in names:
        if (fact := book.facts.get(name)) is not None:
            yield fact.source
        for table in book.program.table_runs:
            if table.name == name:
                yield from _sources(book, table.reads)
