"""Asking in plain words (一问就办): which service answers, and what its conditions say to it.

Rules and synonyms of the packs and the city find it, no language model. Nothing is recorded; the
question, which may tell of the person, is posted and stands in no address.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from ledger.clock import city_date, now
from people.language import in_language, language
from people.numbers import has_id_number
from portal import finding, switching
from portal.sheets import Sheet
from services import asking, catalogue
from services.explain import requirements_in_words
from services.rulebook import Rulebook

LONGEST = 120  # characters of a question
MOST = 3  # services that are answered with


@dataclass(frozen=True, slots=True)
class Point:
    """One condition, and what the question says to it."""

    words: str
    law: str
    met: bool
    mentions: str


@dataclass(frozen=True, slots=True)
class Reply:
    sheet: Sheet
    points: list[Point]


def ask(request: HttpRequest) -> HttpResponse:
    """GET: the question's form. POST: the same with the services and conditions that answer."""
    choice = switching.chosen(request)
    typed = " ".join(request.POST.get("question", "").split())[:LONGEST]
    page: dict[str, object] = {"section": "ask", "question": typed, "longest": LONGEST}
    page["form_id"] = switching.FORM
    if request.method == "POST":
        if has_id_number(typed):
            page |= {
                "question": "",
                "problem": gettext("Ask without an ID number; none is needed."),
            }
        elif typed:
            page |= _answer(typed)
    return switching.remember(render(request, "portal/ask.html", page), choice)


def _answer(question: str) -> dict[str, object]:
    today = city_date(now())
    found = finding.search(question, today, "")
    books = {book.code: book for book in catalogue.all_current(today)}
    named = found.services or [one for one in found.near if isinstance(one, Sheet)]
    replies = [Reply(s, _points(question, books[s.code])) for s in named[:MOST]]
    if not found.services:  # one that is only near answers where its conditions are spoken of
        replies = [reply for reply in replies if reply.points]
    # of services that answer alike, first the one whose conditions the question speaks of
    replies.sort(key=lambda reply: not reply.points)
    return {"asked": True, "replies": replies, "counters": found.counters, "near": found.near}


def _points(question: str, book: Rulebook) -> list[Point]:
    today = city_date(now())
    synonyms = {word: typed.get("zh", ()) for word, typed in settings.CITY.words.items()}
    words = requirements_in_words(book, today, language())
    laws = {requirement.id: requirement.law for requirement in book.pack.requirements}
    return [
        Point(words[hint.requirement], laws[hint.requirement], hint.met, _spoken(hint, book))
        for hint in asking.hints(question, book, today, synonyms)
    ]


def _spoken(hint: asking.Hint, book: Rulebook) -> str:
    """Say what the question was understood to mean: the fact, and the day or value taken."""
    comma = gettext(", ")
    return comma.join(
        gettext("%(name)s: %(value)s")
        % {"name": in_language(book.facts[m.fact]), "value": _value(m, book)}
        for m in hint.mentions
    )


def _value(mention: asking.Mention, book: Rulebook) -> str:
    if isinstance(mention.value, bool):
        return gettext("yes") if mention.value else gettext("no")
    labels = book.facts[mention.fact].labels
    if mention.value in labels:
        return in_language(labels[mention.value])
    if mention.last:
        return mention.text
    return gettext("about %(day)s") % {"day": mention.value}
