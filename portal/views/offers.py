"""What the city offers a citizen without being asked (免申即享): how it was found, and one tap."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from approvals.actions import Applicant
from approvals.progress import waiting
from approvals.states import State
from ledger.clock import city_date, now
from ledger.identifiers import uuid7
from offers import queries, words
from offers.actions import answering
from offers.models import Offer
from people import identity
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, shown, switching
from portal.problems import Problem, from_refusal
from portal.views.access import known_user, persons, require_level
from services import catalogue
from services.explain import explain
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Line:
    """One open offer as lists show it."""

    key: uuid.UUID
    name: str
    until: datetime.date
    amount: str = ""  # what it pays, if anything


def lines(by: Actor, moment: datetime.datetime) -> list[Line]:
    """Return a citizen's open offers, for the first page and their affairs."""
    today = city_date(moment)
    return [_line(one, today) for one in queries.open_offers(by, today)]


def _line(one: Offer, today: datetime.date) -> Line:
    book = _scanned(one)
    worth = queries.worth_of(one, book, today)
    amount = words.amount(worth) if worth else ""
    return Line(one.pk, in_language(book.pack.name), one.expires_on, amount)


@persons
def offer(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """GET: what it is, by what it was found. POST: agree, which applies; or decline."""
    moment, choice = now(), switching.chosen(request)
    try:
        one = answering.own(key, by)
    except ActionRejected:
        raise Http404 from None
    if request.method != "POST" or choice:
        return switching.remember(_page(request, one, moment), choice)
    answer = request.POST.get("answer", "")
    if answer == "decline":
        try:
            answering.decline(key=key, by=by, now=moment)
        except ActionRejected as error:
            return _again(request, key, by, moment, error)
        messages.success(request, gettext("Kept: you do not want it. You may apply any time."))
        return redirect("portal:offer", key=key)
    if answer != "agree":
        return _page(request, one, moment)
    return _agree(request, one, by, moment)


def _agree(request: HttpRequest, one: Offer, by: Actor, moment: datetime.datetime) -> HttpResponse:
    """Hand in the application, wait for its decision within the budget, and show its page."""
    if one.state == Offer.State.ACCEPTED:  # a second tap
        return redirect("portal:case", number=one.application)
    book = _current(one, moment)
    if book is not None:
        require_level(request, book)
    number = shown.read(request.POST.get("edition", ""), one.service_id)
    if book is None or number != book.number:
        text = gettext("The conditions have changed since. Look at the page once more, then agree.")
        return _page(request, one, moment, [Problem("", text, "main")], 409)
    user = known_user(request)
    assert user.number is not None  # encrypted beside the subject, which `citizens` asks for
    identifier = uuid7()
    with waiting.expect(identifier) as waiter:
        try:
            made = answering.accept(
                key=one.pk,
                applicant=Applicant("person", identity.decrypt(bytes(user.number)), user.name),
                edition=number,
                by=by,
                now=moment,
                identifier=identifier,
            )
        except ActionRejected as error:
            return _again(request, one.pk, by, moment, error)
        if made.pk == identifier and made.state == State.SUBMITTED:
            waiter.wait(settings.PORTAL_BUDGET)
    return redirect("portal:case", number=made.number)


def _again(
    request: HttpRequest,
    key: uuid.UUID,
    by: Actor,
    moment: datetime.datetime,
    error: ActionRejected,
) -> HttpResponse:
    one = answering.own(key, by)
    return _page(request, one, moment, [from_refusal(error)], error.status)


def _page(
    request: HttpRequest,
    one: Offer,
    moment: datetime.datetime,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    book, current = _scanned(one), _current(one, moment)
    is_open = one.state == Offer.State.OPEN and city_date(moment) <= one.expires_on
    payload = queries.verdict_of(one, book).payload()
    worth = queries.worth_of(one, current, city_date(moment)) if is_open and current else None
    page: dict[str, Any] = {
        "worth": worth,
        "amount": words.amount(worth) if worth else "",
        "section": "home",
        "offer": one,
        "name": in_language(book.pack.name),
        "summary": in_language(book.pack.summary),
        "conditions": [
            line
            for line in explain(book, payload, language())
            if line.kind == "requirement" and line.result != "not_applicable"
        ],
        "readings": [words.reading(row) for row in queries.readings_of(one)],
        "declarations": _declarations(current) if current else [],
        "edition": shown.sign(current) if current else "",
        "is_open": is_open and current is not None,
        "is_over": one.state == Offer.State.OPEN and not is_open,
        "problems": problems or [],
        "form_id": switching.FORM if is_open and current is not None else "",
    }
    response = render(request, "portal/offer.html", page, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _declarations(book: Rulebook) -> list[str]:
    """Return what the tap declares besides, in the words of the form."""
    properties = book.form["properties"]
    return [
        properties[pointer[1:]][f"x-{'en' if language() == 'en' else 'zh'}"]
        for pointer in forms.declarations(book.form)
    ]


def _scanned(one: Offer) -> Rulebook:
    return catalogue.rulebook(one.scan.edition_id)


def _current(one: Offer, moment: datetime.datetime) -> Rulebook | None:
    edition = catalogue.current(one.service_id, city_date(moment))
    return catalogue.rulebook(edition) if edition else None
