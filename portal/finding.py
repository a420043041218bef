"""What a search, a life event or a choice of reader shows, in the reader's language."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings

from bundles import offers
from city.bundles import Bundle
from city.model import Elsewhere, LifeEvent
from people.language import in_language
from portal import sheets
from portal.sheets import Sheet
from services import catalogue
from services.finding import current
from services.finding.search import Hit
from services.rulebook import Rulebook

AUDIENCES = ("person", "enterprise")
LONGEST = 40  # characters of a search
MOST = 30  # results


@dataclass(frozen=True, slots=True)
class AtCounter:
    """Something that is done at a counter only, and the office whose counter it is."""

    name: str
    office: str


@dataclass(slots=True)
class Found:
    """``services`` and ``counters`` that answer; ``near``: without any, what may be meant.

    ``bundles`` (一件事) that answer as a whole.
    """

    services: list[Sheet] = field(default_factory=list)
    counters: list[AtCounter] = field(default_factory=list)
    near: list[Sheet | AtCounter] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.services) + len(self.counters) + len(self.bundles)


def everything(on: datetime.date, audience: str) -> Found:
    """Return all services, or those that concern persons, or enterprises."""
    books = catalogue.all_current(on)
    return Found(_sheets([b for b in books if not audience or audience in concerns(b)], on))


def search(query: str, on: datetime.date, audience: str) -> Found:
    """Return what answers a query, the best first."""
    books = {book.code: book for book in catalogue.all_current(on)}
    answer = current.find(query, list(books.values()))
    hits = answer.hits or answer.near
    chosen = [books[hit.code] for hit in hits if hit.kind == "service"]
    by_code = {sheet.code: sheet for sheet in _sheets(chosen, on)}
    rows = [
        by_code[hit.code] if hit.kind == "service" else _counter(_elsewhere(hit))
        for hit in hits[:MOST]
        if not audience or audience in _concerned(hit, books)
    ]
    together = _bundles(query, on) if audience != "enterprise" else []
    if not answer.hits:
        return Found(near=rows, bundles=together)
    return Found(
        [row for row in rows if isinstance(row, Sheet)],
        [row for row in rows if isinstance(row, AtCounter)],
        bundles=together,
    )


def _bundles(query: str, on: datetime.date) -> list[Bundle]:
    """Return the open bundles whose name or words have what is typed, or the other way round."""
    typed = "".join(query.casefold().split())
    found = []
    for bundle in settings.CITY.bundles.values():
        words = [bundle.zh, bundle.en, *bundle.words["zh"], *bundle.words["en"]]
        known = ["".join(word.casefold().split()) for word in words]
        if len(typed) > 1 and any(typed in word or word in typed for word in known):
            found.append(bundle)
    return [one for one in found if offers.is_open(one, offers.books(one, on))]


def of_event(event: LifeEvent, on: datetime.date) -> Found:
    """Return what can be done when something happens in somebody's life."""
    books = {book.code: book for book in catalogue.all_current(on)}
    services = [books[code] for code in event.services if code in books]
    return Found(
        _sheets(services, on),
        [_counter(one) for one in event.elsewhere.values()],
        bundles=offers.of_event(event.code, on),
    )


def events(audience: str) -> list[LifeEvent]:
    """Return the city's life events, or those of persons, or of enterprises."""
    known = settings.CITY.life_events.values()
    return [event for event in known if not audience or audience in event.audience]


def concerns(book: Rulebook) -> frozenset[str]:
    """Return whom a service concerns: who applies, and who lives through its life events."""
    found = [e.audience for e in settings.CITY.life_events.values() if book.code in e.services]
    return frozenset({book.pack.applicant}).union(*found)


def _concerned(hit: Hit, books: dict[str, Rulebook]) -> frozenset[str]:
    if hit.kind == "service":
        return concerns(books[hit.code])
    found = [e.audience for e in settings.CITY.life_events.values() if hit.code in e.elsewhere]
    return frozenset().union(*found)


def _sheets(books: Sequence[Rulebook], on: datetime.date) -> list[Sheet]:
    instant = catalogue.automatic(books) if books else {}
    return [sheets.sheet(b, on, instant=instant[b.code], full=False) for b in books]


def _elsewhere(hit: Hit) -> Elsewhere:
    return next(
        event.elsewhere[hit.code]
        for event in settings.CITY.life_events.values()
        if hit.code in event.elsewhere
    )


def _counter(one: Elsewhere) -> AtCounter:
    return AtCounter(in_language(one), in_language(settings.CITY.offices[one.office]))
