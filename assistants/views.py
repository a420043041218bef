"""A citizen's page of assistants: which may act for them, what each has done, and its end."""

import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from approvals import assistant_words
from approvals.actions import assistant_mandates, assisted
from approvals.actions.assistant_mandates import Terms
from approvals.models import AssistantMandate
from approvals.rows.assistants import Reads
from assistants import terms
from ledger.clock import city_date, now
from people import access, second_factor
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, switching
from portal.problems import Problem, from_faults, from_refusal, missing
from portal.views.access import persons, require_level
from services import catalogue
from services.schema import Fault

MOST = 200  # calls on a page
_ONCE = "assistant_mandate_once"  # in the session: what the page that is signed carries


def _open(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Answer 404 where the city has no door for assistants; else as ``persons``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not settings.ASSISTANTS.is_open:
            raise Http404
        return persons(view)(request, *args, **kwargs)

    return guarded


@never_cache
@_open
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """The mandates that a citizen has given to assistants, in force and over."""
    moment = now()
    rows = [_row(one, moment) for one in assistant_mandates.of_citizen(by)]
    page = {
        "section": "cases",
        "in_force": [row for row in rows if row["in_force"]],
        "over": [row for row in rows if not row["in_force"]],
    }
    return render(request, "assistants/mine.html", page)


def _row(one: AssistantMandate, moment: Any) -> dict[str, Any]:
    return {
        "row": one,
        "name": in_language(one.assistant),
        "services": terms.service_names(one),
        "left": assisted.left(one),
        "in_force": one.ended_at is None and one.ends_at > moment,
        "until": one.ended_at or one.ends_at,
    }


@never_cache
@_open
def mandate(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """One mandate: its terms, and each call of its assistant."""
    found = assistant_mandates.of_citizen(by).filter(pk=key).first()
    if found is None:
        raise Http404
    calls = found.calls.order_by("-at")[:MOST]
    page = {
        "section": "cases",
        "one": _row(found, now()),
        "reads": [str(Reads(one).label) for one in found.reads],
        "cases": list(
            found.submissions_made.order_by("at").values_list("application__number", flat=True)
        ),
        "calls": [
            {
                "at": one.at,
                "what": assistant_words.call(one.tool),
                "service": terms.name(one.service) if one.service else "",
                "case": one.case,
                "outcome": assistant_words.outcome(one.outcome),
            }
            for one in calls
        ],
    }
    return render(request, "assistants/mandate.html", page)


@never_cache
@_open
def new(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """Let an assistant act: the form, what would be signed, and its key, which is shown once."""
    if request.POST.get("step") == "log_in_again":
        auth.logout(request)
        return redirect_to_login(reverse("assistants:new"))
    if not access.began_lately(request, time.time(), within=second_factor.FRESH_SECONDS):
        return render(request, "assistants/log_in_again.html", {"section": "cases"})
    moment, choice = now(), switching.chosen(request)
    form = terms.form(moment)
    answers = forms.parse(form, request.POST)
    if request.method != "POST" or choice or request.POST.get("step") == "edit":
        return switching.remember(_ask(request, form, answers, []), choice)
    said = terms.read(answers)
    asked = missing(forms.fields(form, answers, language()), answers)
    problems = [p for p in asked if p.pointer != "/submissions" or said.submissions != 0]
    if problems:
        return _ask(request, form, answers, problems)
    for code in said.services:
        edition = catalogue.current(code, city_date(moment))
        if edition is not None:  # none: the action says so
            require_level(request, catalogue.rulebook(edition))
    try:
        if request.POST.get("step") != "sign":
            assistant_mandates.require(said, by=by, now=moment)
            return _check(request, form, answers, said, moment)
        if request.POST.get("consent") != "1":
            text = gettext("Tick that you agree, and sign.")
            return _check(request, form, answers, said, moment, Problem("", text, "consent"))
        if not _is_first(request):
            return redirect("assistants:list")
        found, secret = assistant_mandates.give(said, by=by, now=moment)
    except ActionRejected as error:
        return _ask(request, form, answers, [_beside(error, form, answers)], error.status)
    page = {
        "section": "cases",
        "one": _row(found, moment),
        "secret": secret,
        "door": settings.ASSISTANTS.url,
    }
    return render(request, "assistants/given.html", page)


def _is_first(request: HttpRequest) -> bool:
    """Whether the page that is signed is sent for the first time: a key is shown once."""
    expected = request.session.pop(_ONCE, "")
    return bool(expected) and request.POST.get("once") == expected


def _ask(
    request: HttpRequest,
    form: dict[str, Any],
    answers: dict[str, Any],
    problems: list[Problem],
    status: int = 422,
) -> HttpResponse:
    errors = {p.pointer: p.text for p in problems}
    page = {
        "section": "cases",
        "fields": forms.fields(form, answers, language(), errors),
        "may_give": bool(form["properties"]["assistant"]["oneOf"]),
        "form_id": switching.FORM,
        "problems": problems,
    }
    return render(request, "assistants/new.html", page, status=status if problems else 200)


def _check(
    request: HttpRequest,
    form: dict[str, Any],
    answers: dict[str, Any],
    said: Terms,
    moment: Any,
    problem: Problem | None = None,
) -> HttpResponse:
    """Show what would be signed: each service with the registries that are asked for it."""
    request.session[_ONCE] = once = get_random_string(32)
    page = {
        "section": "cases",
        "hidden": list(forms.hidden(form, answers)),
        "name": assistant_words.name(said.assistant),
        "services": terms.named(list(said.services), moment),
        "submissions": said.submissions,
        "reads": [str(Reads(one).label) for one in said.reads],
        "until": said.until,
        "once": once,
        "problems": [problem] if problem else [],
    }
    return render(request, "assistants/check.html", page, status=422 if problem else 200)


def _beside(error: ActionRejected, form: dict[str, Any], answers: dict[str, Any]) -> Problem:
    """Return what the action rejects, beside the field that it names."""
    if not error.field:
        return from_refusal(error)
    fault = Fault(error.field, error.zh, error.en)
    (problem,) = from_faults([fault], forms.fields(form, answers, language()))
    return problem


@require_POST
@_open
def end(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """End a mandate, at once."""
    try:
        assistant_mandates.end(key=key, by=by, now=now())
    except ActionRejected as error:
        if error.status == 404:
            raise Http404 from None
        messages.error(request, from_refusal(error).text)
    else:
        messages.success(
            request, gettext("The mandate is over. The assistant can do nothing more.")
        )
    return redirect("assistants:list")
