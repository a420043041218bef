"""What the first page of a counter says: who came for what, or what is wrong with it."""

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext

from approvals.actions import Presence, applicants, intakes
from approvals.models import Application
from approvals.numbers import plausible
from approvals.rows.intakes import WINDOW, Acting
from approvals.states import State
from city.model import Counter
from counter import arrivals, kinship
from ledger.clock import city_date
from people import actors, identity, names
from people.errors import ActionRejected
from people.language import in_language, language
from portal import applying, forms
from portal.problems import Problem, from_refusal
from portal.problems import missing as missing_answers
from services import catalogue
from services.rulebook import Rulebook


def entry(
    arrival: arrivals.Arrival,
    by: actors.Actor,
    address: str,
    done: Callable[[Application], str],
) -> applying.EntryPoint:
    """Return how the pages that follow are filled in at a counter."""
    presence = arrival.presence
    return applying.EntryPoint(
        by=by,
        applicant=arrival.applicant,
        address=address,
        done=done,
        channel=WINDOW,
        purpose="counter",
        file_page="admin:approvals_intake_material",
        base="counter/base.html",
        head="counter/head.html",
        carried=((arrivals.FIELD, arrivals.carry(arrival, by)),),
        presence=presence,
        words={"counter": place(presence.counter), "proxy": _proxy(presence)},
    )


def place(code: str) -> str:
    """Return what a counter is called; of one that the city has no more, its code."""
    return in_language(settings.CITY.counters.get(code)) or code


def _proxy(presence: Presence) -> str:
    """Return who acts for the applicant, in words; nothing where the applicant came."""
    acts = presence.representative
    if acts is None:
        return ""
    return f"{Acting(presence.acting).label}: {acts.name} {identity.mask(acts.number)}"


def books_of(counters: list[Counter], moment: datetime.datetime) -> list[Rulebook]:
    """Return the services that any of the counters takes and that are open today."""
    books = catalogue.all_current(city_date(moment))
    return [book for book in books if any(c.takes(book.code) for c in counters)]


def arrived(
    form: dict[str, Any],
    answers: dict[str, Any],
    offered: tuple[list[Rulebook], list[Counter]],
    by: actors.Actor,
    moment: datetime.datetime,
) -> tuple[arrivals.Arrival | None, Rulebook | None, list[Problem]]:
    """Return who came for which service, or what is wrong with what was entered.

    ``offered``: the services and the counters of the form.
    """
    books, counters = offered
    questions = forms.fields(form, answers, language())
    missing = missing_answers(questions, answers)
    book = next((b for b in books if b.code == answers.get("service")), None)
    if missing or book is None:
        return None, None, missing or [Problem("/service", gettext("Please choose"), "f-service")]
    arrival = arrivals.entered(answers, book, moment)
    if problems := _elsewhere(arrival.presence, book, counters):
        return None, None, problems
    try:
        number = applicants.require(arrival.applicant, book, city_date(moment))
        party = (arrival.applicant.kind, number)
        seen = _seen(arrival.presence, book, party, by, moment)
    except ActionRejected as error:
        return None, None, [_beside(error, questions)]
    return arrivals.Arrival(book.code, arrival.applicant, seen), book, []


def returned(
    form: dict[str, Any],
    answers: dict[str, Any],
    counters: list[Counter],
    by: actors.Actor,
    moment: datetime.datetime,
) -> tuple[arrivals.Arrival | None, Application | None, list[Problem]]:
    """Return who came to correct which returned application, or what is wrong.

    Of a case that is not of this applicant nothing is said but that.
    """
    questions = forms.fields(form, answers, language())
    if missing := missing_answers(questions, answers):
        return None, None, missing
    try:
        case = case_of(str(answers["case"]), str(answers["number"]))
    except Http404:
        text = gettext("No case with this reference is this applicant's; please check both.")
        return None, None, [Problem("/case", text, "f-case")]
    book = catalogue.rulebook(case.edition_id)
    presence = arrivals.presence(answers, moment)
    if problems := _elsewhere(presence, book, counters):
        return None, None, problems
    if case.state != State.RETURNED:
        text = gettext("This case is not returned for correction: %(state)s.")
        return None, None, [Problem("/case", text % {"state": case.face.word}, "f-case")]
    applicant = applicants.of(case)
    try:
        seen = _seen(presence, book, (applicant.kind, applicant.number), by, moment)
    except ActionRejected as error:
        return None, None, [_beside(error, questions)]
    return arrivals.Arrival(book.code, applicant, seen, case.number), case, []


def case_of(number: str, applicant: str) -> Application:
    """Return the case of a number and of the person or enterprise of another; else 404."""
    found = None
    if plausible(number := number.strip().upper()):
        index = identity.index(names.normal_number(applicant))
        found = Application.objects.filter(number=number, applicant=index).first()
    if found is None:
        raise Http404
    return found


def _elsewhere(presence: Presence, book: Rulebook, counters: Sequence[Counter]) -> list[Problem]:
    if any(c.code == presence.counter for c in counters if c.takes(book.code)):
        return []
    text = gettext("Please choose a counter that takes this service")
    return [Problem("/counter", text, "f-counter")]


def _seen(
    presence: Presence,
    book: Rulebook,
    party: tuple[str, str],
    by: actors.Actor,
    moment: datetime.datetime,
) -> Presence:
    """Return what was seen, whole; ``party``: kind and number of the applicant."""
    intakes.require(presence, book.code, party, by, moment)
    return kinship.confirmed(presence, party[1], book.code, by=by, now=moment)


def _beside(error: ActionRejected, questions: Sequence[forms.Field]) -> Problem:
    """Return what an action rejects, beside the field that it names."""
    problem = from_refusal(error)
    pointer = arrivals.pointer(error.field)
    shown = next((f for f in questions if f.pointer == pointer), None)
    return Problem(pointer, problem.text, shown.id) if shown is not None else problem
