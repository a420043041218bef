"""What a citizen may qualify for, on one tap of consent (免申即享)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import queries, words
from approvals.actions import qualifying
from approvals.actions.qualifying import Standing
from approvals.states import OPEN
from ledger.clock import city_date, now
from people.actors import Actor
from people.language import in_language, language, listed
from portal import capacity, sheets
from portal.guide import filled
from portal.views.access import citizens, known_user
from services import catalogue
from services.explain import Explanation, explain
from services.filings import form_for
from services.rulebook import Rulebook


@dataclass(slots=True)
class Offer:
    """One service as the page shows it; the conditions in words."""

    code: str
    name: str
    summary: str
    in_hand: str = ""  # the number of an open application for it
    met: list[str] = field(default_factory=list)
    stands: list[Explanation] = field(default_factory=list)  # unmet, or unknown
    later: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)  # what is still to be filled in


@citizens
def qualify(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """GET: who would be asked what. POST: the tap of consent; nothing is kept but the look-ups."""
    moment = now()
    today = city_date(moment)
    applicant = capacity.applicant(request, known_user(request))
    books = [
        b
        for b in catalogue.all_current(today)
        if b.pack.applicant == applicant.kind and by.covers(b.code)
    ]
    page: dict[str, Any] = {"section": "home", "asked": _asked(books)}
    if request.POST.get("agree"):
        found = qualifying.qualify(
            books=books, number=applicant.number, by=by, on=today, now=moment
        )
        open_ones = queries.visible_to(by).filter(state__in=OPEN)
        in_hand = dict(open_ones.values_list("service_id", "number"))
        offers = [(one, _offer(one, in_hand)) for one in found.services]
        page |= {
            "is_answered": True,
            "offers": [offer for one, offer in offers if one.may_qualify],
            "others": [offer for one, offer in offers if not one.may_qualify],
            "silent": [_name(books, code) for code in found.silent],
        }
    response = render(request, "portal/qualify.html", page)
    response["Cache-Control"] = "no-store"
    return response


def _offer(one: Standing, in_hand: dict[str, str]) -> Offer:
    book = one.book
    lines = {line.id: line for line in explain(book, one.verdict.payload(), language())}
    return Offer(
        code=book.code,
        name=in_language(book.pack.name),
        summary=in_language(book.pack.summary),
        in_hand=in_hand.get(book.code, ""),
        met=[lines[id_].words for id_ in one.met if lines[id_].result == "met"],
        stands=[lines[id_] for id_ in (*one.unmet, *one.unknown)],
        later=[lines[id_].words for id_ in one.later],
        filled=filled(form_for(book, {}, one.verdict.inputs.as_of)),
    )


def _asked(books: Iterable[Rulebook]) -> list[dict[str, Any]]:
    """Return each registry with the facts that are read and the laws, for the consent."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    chosen = list(books)
    for book in chosen:
        for code in qualifying.asked_of(book):
            one = found.setdefault(code, {"facts": {}, "laws": {}})
            facts = (f for f in book.facts.values() if f.source == code)
            one["facts"] |= dict.fromkeys(map(sheets.asked_for, facts))
            one["laws"][book.pack.registries[code].basis] = None
    return [
        {"name": _name(chosen, code), "facts": listed(one["facts"]), "laws": list(one["laws"])}
        for code, one in found.items()
    ]


def _name(books: Iterable[Rulebook], code: str) -> str:
    return next(words.registry(book, code) for book in books if code in book.pack.registries)
