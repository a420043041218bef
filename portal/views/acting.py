"""Applying for a child, a ward or a principal; giving somebody a mandate, and ending it."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from approvals import actions
from approvals.actions import applicants, mandates, representations
from approvals.models import Mandate, Representation
from approvals.rows.intakes import Acting
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import acting, applying, forms, switching
from portal.problems import Problem, from_refusal, missing
from portal.views.access import citizens, persons, require_level, require_principal
from portal.views.cases import page_of
from services import catalogue
from services.rulebook import Rulebook


@persons
def choose(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """GET: for whom? POST: the form of the service, for a ward or by a ``mandate``."""
    moment = now()
    book = _book(code, moment)
    require_level(request, book)
    choice = switching.chosen(request)
    form = acting.ward_form()
    answers = forms.parse(form, request.POST)
    if request.method != "POST" or choice:
        return switching.remember(_ask(request, book, answers, [], by), choice)
    key = request.POST.get("mandate", "")
    try:
        if key:
            one = acting.of_mandate(key, book, by, moment)
        else:
            questions = forms.fields(form, answers, language())
            if problems := missing(questions, answers):
                return _ask(request, book, answers, problems, by)
            one = acting.of_ward(answers, book)
        applicants.require(one.applicant, book, city_date(moment))
        representations.right(one.represents, book, one.applicant, by=by, now=moment)
    except ActionRejected as error:
        return _ask(request, book, answers, [_beside(error)], by, error.status)
    entry = _entry(one, code, by)
    if (left := acting.go_back(request.POST.get(acting.FILLED_IN, ""))) is not None:
        request.POST = left  # type: ignore[assignment]  # the form as it was when it was left
        return applying.go_on(request, book, entry, moment)
    return applying.begin(request, book, entry, moment)


@persons
def fill(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """The pages after the first: each carries for whom. Where it cannot go on, nothing is lost."""
    moment = now()
    book = _book(code, moment)
    one = acting.read(request.POST.get(acting.FIELD, ""), code, by)
    if one is None and not acting.leave(request.POST):
        return redirect("portal:for-another", code=code)
    require_level(request, book)
    if one is None:
        text = gettext("Say once more for whom you apply. What you filled in is kept.")
        return _ask(request, book, {}, [Problem("", text, "main")], by)
    try:
        if request.POST.get("step") != "submit":  # then the action asks, and takes a second tap
            representations.right(one.represents, book, one.applicant, by=by, now=moment)
    except ActionRejected as error:
        return _ask(request, book, acting.typed(one), [from_refusal(error)], by, error.status)
    return applying.go_on(request, book, _entry(one, code, by), moment)


def _book(code: str, moment: datetime.datetime) -> Rulebook:
    """Return a service that may be applied for online for another; any other is not there."""
    edition = catalogue.current(code, city_date(moment))
    book = catalogue.rulebook(edition) if edition else None
    if book is None or not book.pack.represented_by or book.pack.applicant != "person":
        raise Http404
    return book


def _entry(one: acting.Represented, code: str, by: Actor) -> applying.EntryPoint:
    return acting.entry(one, by, reverse("portal:for-another-form", args=[code]), page_of)


def _ask(
    request: HttpRequest,
    book: Rulebook,
    answers: dict[str, Any],
    problems: list[Problem],
    by: Actor,
    status: int = 422,
) -> HttpResponse:
    errors = {p.pointer: p.text for p in problems}
    page = {
        "service": in_language(book.pack.name),
        "code": book.code,
        "fields": forms.fields(acting.ward_form(), answers, language(), errors),
        "by_guardian": Acting.GUARDIAN in book.pack.represented_by,
        "by_agent": Acting.AGENT in book.pack.represented_by,
        "mandates": [m for m in mandates.of_agent(by, now()) if m.service_id == book.code],
        "problems": problems,
        "filled_in": acting.leave(request.POST),
        "form_id": switching.FORM if Acting.GUARDIAN in book.pack.represented_by else "",
    }
    response = render(request, "portal/for_another.html", page, status=status if problems else 200)
    response["Cache-Control"] = "no-store"
    return response


def _beside(error: ActionRejected) -> Problem:
    """Return what an action rejects, beside the field that it names."""
    problem = from_refusal(error)
    pointer = error.field.removeprefix("/applicant")
    if pointer in ("/name", "/number"):
        return Problem(pointer, problem.text, f"f-{pointer[1:]}")
    return problem


@citizens
def manage_mandates(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """GET: the mandates that one has given and has from others. POST: give one.

    Of an enterprise: those that it has given.
    """
    require_principal(by)
    moment = now()
    choice = switching.chosen(request)
    form = _mandate_form(moment, by)
    answers = forms.parse(form, request.POST)
    problems: list[Problem] = []
    may_give = bool(form["properties"]["service"]["oneOf"])
    if request.method == "POST" and not choice:
        problems = missing(forms.fields(form, answers, language()), answers)
        if not problems:
            _require_level(request, str(answers["service"]), moment)
            try:
                actions.give_mandate(
                    number=str(answers["number"]),
                    name=str(answers["name"]),
                    service=str(answers["service"]),
                    until=_date(str(answers["until"])),
                    by=by,
                    now=moment,
                )
            except ActionRejected as error:
                problems = [_beside(error) if error.field in ("/name", "/number") else _at(error)]
            else:
                messages.success(request, gettext("The mandate is given. You may end it any time."))
                return redirect("portal:mandates")
    errors = {p.pointer: p.text for p in problems}
    page = {
        "section": "cases",
        "of_principal": [_mandate_row(m) for m in mandates.of_principal(by, moment)],
        "of_agent": [_received_row(m) for m in mandates.of_agent(by, moment)],
        "of_enterprises": [_received_row(m) for m in mandates.of_enterprises(by, moment)],
        "fields": forms.fields(form, answers, language(), errors),
        "may_give": may_give,
        "form_id": switching.FORM if may_give else "",
        "problems": problems,
    }
    response = render(request, "portal/mandates.html", page, status=422 if problems else 200)
    response["Cache-Control"] = "no-store"
    return switching.remember(response, choice)


def _require_level(request: HttpRequest, code: str, moment: datetime.datetime) -> None:
    """A mandate speaks for its principal as an application would; of no service: the action."""
    edition = catalogue.current(code, city_date(moment))
    if edition is not None:
        require_level(request, catalogue.rulebook(edition))


@require_POST
@citizens
def end(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """End a mandate, as the principal or the agent."""
    try:
        actions.end_mandate(key=key, by=by, now=now())
    except ActionRejected as error:
        if error.status == 404:
            raise Http404 from None
        messages.error(request, from_refusal(error).text)
    else:
        messages.success(request, gettext("The mandate is over."))
    return redirect("portal:mandates")


def _at(error: ActionRejected) -> Problem:
    found = from_refusal(error)
    return Problem(error.field, found.text, f"f-{error.field[1:]}" if error.field else "main")


def _mandate_row(one: Mandate) -> dict[str, Any]:
    used = Representation.objects.filter(mandate=one).order_by("at")
    return {
        "row": one,
        "who": f"{one.agent_name} {one.masked}",
        "giver": one.principal.name,
        "service": _name(one),
        "cases": list(used.values_list("application__number", flat=True)),
    }


def _received_row(one: Mandate) -> dict[str, Any]:
    if one.enterprise is not None:
        return {"row": one, "who": one.enterprise.name, "service": _name(one)}
    assert one.principal.number is not None  # a citizen's, encrypted beside the subject
    number = identity.mask(identity.decrypt(bytes(one.principal.number), one.principal.subject))
    return {"row": one, "who": f"{one.principal.name} {number}", "service": _name(one)}


def _name(one: Mandate) -> str:
    book = catalogue.numbered(one.service_id, 1)
    return in_language(book.pack.name) if book else one.service_id


def _mandate_form(moment: datetime.datetime, by: Actor) -> dict[str, Any]:
    kind = "enterprise" if by.enterprise else "person"
    books = [b for b in catalogue.all_current(city_date(moment)) if b.pack.applicant == kind]
    choices = [
        {"const": b.code, "x-zh": in_language(b.pack.name), "x-en": in_language(b.pack.name)}
        for b in books
        if Acting.AGENT in b.pack.represented_by
    ]
    return {
        "type": "object",
        "required": ["service", "name", "number", "until"],
        "properties": {
            "service": acting.question(gettext("Service"), oneOf=choices, **{"x-widget": "select"}),
            "name": acting.question(gettext("Name of the agent as on the card"), maxLength=100),
            "number": acting.question(gettext("ID number of the agent"), maxLength=24),
            "until": {**acting.question(gettext("Last day of the mandate")), "format": "date"},
        },
    }


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
