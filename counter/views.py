"""Appointments as a citizen books, moves and cancels them."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from approvals import queries
from approvals.models import Application
from city.model import Counter
from counter import actions
from counter.models import Appointment, AppointmentState
from counter.slots import Day
from ledger.clock import city_date, now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from portal import results, sheets
from portal.problems import from_refusal
from portal.views.access import persons
from services import catalogue
from services.rulebook import Rulebook

SEPARATOR = "@"  # between counter and time in a form


@dataclass(frozen=True, slots=True)
class Place:
    """One counter with the days for which one may book."""

    counter: Counter
    days: list[Day]


@persons
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    rows = open_rows(by, now())
    return render(request, "counter/mine.html", {"section": "cases", "rows": rows})


def open_rows(by: Actor, moment: datetime.datetime) -> list[dict[str, Any]]:
    """Return what is shown of a citizen's appointments that are ahead, the next first."""
    return [_shown(row) for row in actions.open_of(by, moment)]


@persons
def book(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """GET: when one may come. POST: ``slot`` is booked, for the case in ``case`` if any."""
    moment = now()
    rulebook = _open(code, moment)
    case = _case(request, code, by)
    problem = None
    if request.method == "POST":
        counter, starts_at = _slot(request)
        try:
            made = actions.book(
                counter=counter,
                starts_at=starts_at,
                service=code,
                application=case,
                by=by,
                now=moment,
            )
        except ActionRejected as error:
            problem = error
        else:
            messages.success(request, gettext("Booked."))
            return redirect("counter:appointment", key=made.pk)
    page = {
        "sheet": sheets.sheet(rulebook, city_date(moment), full=False),
        "visits": _visits(rulebook, case, moment),
        "case": case,
    }
    return _choose(request, page, code, moment, problem)


@persons
def appointment(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """GET: when, where and with what. POST: cancel it."""
    row, moment, problem = _appointment(key, by), now(), None
    if request.method == "POST":
        try:
            actions.cancel(appointment=key, by=by, now=moment)
        except ActionRejected as error:
            problem, row = error, _appointment(key, by)
        else:
            messages.success(request, gettext("Cancelled."))
            return redirect("counter:mine")
    edition = catalogue.current(row.service_id, city_date(moment))
    page = {
        **_shown(row),
        "visits": _visits(catalogue.rulebook(edition), row.application, moment) if edition else [],
        "is_open": row.state == AppointmentState.BOOKED and row.starts_at > moment,
        "state": row.get_state_display(),
        "problems": [from_refusal(problem)] if problem else [],
    }
    status = problem.status if problem else 200
    return render(request, "counter/appointment.html", page, status=status)


@persons
def move(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """GET: when else one may come. POST: the time is changed, or stays where that one is full."""
    row, moment = _appointment(key, by), now()
    rulebook = _open(row.service_id, moment)
    problem = None
    if request.method == "POST":
        counter, starts_at = _slot(request)
        try:
            actions.move(appointment=key, counter=counter, starts_at=starts_at, by=by, now=moment)
        except ActionRejected as error:
            problem = error
        else:
            messages.success(request, gettext("Moved."))
            return redirect("counter:appointment", key=key)
    page = {
        "sheet": sheets.sheet(rulebook, city_date(moment), full=False),
        "moved": _shown(row),
    }
    return _choose(request, page, row.service_id, moment, problem)


def _choose(
    request: HttpRequest,
    page: dict[str, Any],
    service: str,
    moment: datetime.datetime,
    problem: ActionRejected | None,
) -> HttpResponse:
    problems = [from_refusal(problem)] if problem else []
    places = [Place(c, actions.offered(c, moment)) for c in actions.counters(service)]
    page |= {"section": "cases", "places": places, "problems": problems, "separator": SEPARATOR}
    return render(request, "counter/book.html", page, status=problem.status if problem else 200)


def _open(code: str, moment: datetime.datetime) -> Rulebook:
    edition = catalogue.current(code, city_date(moment))
    if edition is None or not actions.counters(code):
        raise Http404
    return catalogue.rulebook(edition)


def _case(request: HttpRequest, code: str, by: Actor) -> Application | None:
    """Return the citizen's own case that the appointment is about."""
    number = request.POST.get("case") or request.GET.get("case")
    if not number:
        return None
    try:
        found = queries.case(number, by)
    except ActionRejected:
        raise Http404 from None
    if found.service_id != code:
        raise Http404
    return found


def _slot(request: HttpRequest) -> tuple[str, datetime.datetime]:
    """Return which counter and time was chosen; what is no time is one that nobody offers."""
    counter, _at, text = request.POST.get("slot", "").partition(SEPARATOR)
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        at = datetime.datetime.fromtimestamp(0, datetime.UTC)
    return counter, at if at.tzinfo else at.replace(tzinfo=datetime.UTC)


def _visits(
    book: Rulebook, case: Application | None, moment: datetime.datetime
) -> list[sheets.Visit]:
    """Return what to bring: for the case as it stands, else for each condition that asks it."""
    if case is not None:
        return results.result(case, now=moment).at_counter
    return sheets.sheet(book, city_date(moment)).at_counter


def _appointment(key: uuid.UUID, by: Actor) -> Appointment:
    try:
        return actions.of_citizen(key, by)
    except ActionRejected:
        raise Http404 from None


def _shown(row: Appointment) -> dict[str, Any]:
    edition = catalogue.current(row.service_id, city_date(row.booked_at))
    name = in_language(catalogue.rulebook(edition).pack.name) if edition else row.service_id
    return {
        "section": "cases",
        "row": row,
        "service": name,
        "counter": settings.CITY.counters.get(row.counter),
        "case": row.application.number if row.application else "",
    }
