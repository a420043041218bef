"""A citizen's own cases: list, result, progress, and what can still be done."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from approvals import actions, queries
from approvals.documents import listing
from approvals.models import Application
from approvals.progress import waiting
from approvals.records import correction
from approvals.states import State
from certificates.queries import held_by
from ledger.clock import city_date, now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, results, switching
from portal.problems import Problem, from_faults, from_refusal
from portal.views.access import citizens
from services import catalogue, protection, schema
from services.filings import form_for
from services.pack.model import FILINGS

SLOWEST = 10  # seconds between two questions of a waiting page


def own_case(number: str, by: Actor) -> Application:
    """Return the citizen's case; not there and not theirs are the same 404."""
    try:
        return queries.case(number, by)
    except ActionRejected:
        raise Http404 from None


@citizens
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    cases = queries.visible_to(by).order_by("-created_at")[:100]
    rows = [results.row(case) for case in cases]
    to_sign = [
        {
            "number": pending.application.number,
            "title": in_language(catalogue.rulebook(pending.application.edition_id).pack.name),
            "who": pending.application.applicant_name,
            "due": pending.due_at,
        }
        for pending in queries.to_confirm(by)
    ]
    page = {"section": "cases", "rows": rows, "to_sign": to_sign}
    return render(request, "portal/cases.html", page)


@citizens
def case(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    result = results.result(own_case(number, by), now=now())
    response = render(request, "portal/case.html", {"section": "cases", "result": result})
    response["Cache-Control"] = "no-store"
    return response


@citizens
def state(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The part of the page that changes, for htmx; 204 while nothing has.

    ``after`` is how long the page waited, ``version`` what it shows.
    """
    application = own_case(number, by)
    result = results.result(application, now=now())
    if result.polling:
        result.polling = min(SLOWEST, max(1, _number(request.GET.get("after")) * 2))
    page = {"result": result, "changed": _number(request.GET.get("version")) != result.version}
    response = render(request, "portal/state.html", page)
    response["Cache-Control"] = "no-store"
    return response


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0


@citizens
def receipt(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The signed decision, byte for byte, as a file to keep."""
    decision = queries.latest_decision(own_case(number, by))
    if decision is None:
        raise Http404
    response = HttpResponse(bytes(decision.receipt), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="decision-{number}.json"'
    response["Cache-Control"] = "no-store"
    return response


@citizens
def document(request: HttpRequest, number: str, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """One document of the case (文书), signed, as a file to keep."""
    application = own_case(number, by)
    try:
        return listing.response(application, key, now())
    except ActionRejected as error:
        if error.status == 404:
            raise Http404 from None
        return render(request, "certificates/no_glyph.html", status=error.status)


@citizens
def correct(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """Mend what is missing and hand in again; everything that was answered is still there."""
    application = own_case(number, by)
    if application.state != State.RETURNED:
        return redirect("portal:case", number=number)
    book = catalogue.rulebook(application.edition_id)
    answers, problems = dict(application.answers), []
    may_change = correction.opened(application)
    choice = switching.chosen(request)
    if request.method == "POST":
        answers = forms.parse(book.form, request.POST)
        forms.keep_secrets(book.form, answers, application.answers)
        if may_change is not None:
            _keep(book.form, request.POST, answers, application.answers, may_change)
        form = form_for(book, answers, application.as_of)
        opened = set(forms.blocks(form)) - set(request.POST.get("blocks", "").split())
        if not opened and not request.POST.get("more") and not choice:
            problems = _resubmit(request, application, form, answers, by)
            if not problems:
                return redirect("portal:case", number=number)
    form = form_for(book, answers, application.as_of)
    errors = {p.pointer: p.text for p in problems}
    fields = forms.fields(form, answers, language(), errors, request.POST.get("more", ""))
    kept = [f for f in fields if not _is_open(f.pointer, may_change, application.answers)]
    page = {
        "section": "cases",
        "application": application,
        "service": in_language(book.pack.name),
        "missing": results.result(application, now=now()).missing,
        "fields": [f for f in fields if f not in kept],
        "kept": [f for f in kept if f.answered and not f.declared],
        "is_limited": may_change is not None,
        "blocks": " ".join(forms.blocks(form)),
        "problems": problems,
        "form_id": switching.FORM,
    }
    response = render(request, "portal/correct.html", page, status=422 if problems else 200)
    return switching.remember(response, choice) if choice else response


def _is_open(pointer: str, may_change: correction.Opened, stored: dict[str, Any]) -> bool:
    """Whether a question is asked again: it was opened, or is of a filing's block that is new."""
    part = correction.part_of(pointer)
    if may_change is None or part in may_change:
        return True
    return part.startswith(f"/{FILINGS}/") and correction.value(stored, part) is None


def _keep(
    form: dict[str, Any],
    posted: Any,
    answers: dict[str, Any],
    stored: dict[str, Any],
    may_change: tuple[str, ...],
) -> None:
    """Put back what the page showed as text; what was posted of it all the same is rejected."""
    for part in correction.closed(form, stored, may_change):
        if not any(key == part or key.startswith(part + "/") for key in posted):
            correction.put(answers, part, correction.value(stored, part))


def _resubmit(
    request: HttpRequest,
    application: Application,
    form: dict[str, Any],
    answers: dict[str, Any],
    by: Actor,
) -> list[Problem]:
    """Hand in again and wait within the budget; returns what is wrong, or nothing."""
    book = catalogue.rulebook(application.edition_id)
    try:
        schema.validate(book, answers, protect=protection.protect, on=application.as_of)
        with waiting.expect(application.id) as waiter:
            actions.resubmit(
                number=application.number,
                answers=answers,
                by=by,
                now=now(),
                version=_number(request.POST.get("version")),
            )
            waiter.wait(settings.PORTAL_BUDGET)
    except schema.Invalid as error:
        return from_faults(error.faults, forms.fields(form, answers, language()))
    except ActionRejected as error:
        named = [Problem("", in_language(fault), "main") for fault in error.faults]
        return [from_refusal(error), *named]
    return []


@citizens
def withdraw(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    def action(version: int) -> None:
        actions.withdraw(number=number, by=by, now=now(), version=version)

    return _ask(request, number, by, "portal/withdraw.html", action, gettext("Withdrawn."))


@citizens
def contest(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """Have a decision looked at again by an officer (复核)."""

    def action(version: int) -> None:
        reason = request.POST.get("reason", "").replace("\r\n", "\n")
        actions.reopen(number=number, reason=reason, by=by, now=now(), version=version)

    done = gettext("An officer looks at it again.")
    return _ask(request, number, by, "portal/contest.html", action, done)


@citizens
def deliver(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """Agree to have decisions of the case delivered on its page (电子送达)."""

    def action(version: int) -> None:
        actions.agree_delivery(number=number, by=by, now=now(), version=version)

    done = gettext("Agreed: decisions are delivered to you here.")
    return _ask(request, number, by, "portal/deliver.html", action, done)


def _ask(
    request: HttpRequest,
    number: str,
    by: Actor,
    template: str,
    action: Callable[[int], None],
    done: str,
) -> HttpResponse:
    """GET asks once more; POST does it. A page that has grown stale is refused with 409."""
    application = own_case(number, by)
    page: dict[str, Any] = {
        "section": "cases",
        "application": application,
        "service": in_language(catalogue.rulebook(application.edition_id).pack.name),
    }
    if request.method != "POST":
        return render(request, template, page)
    try:
        action(_number(request.POST.get("version")))
    except ActionRejected as error:
        problem: Problem = from_refusal(error, "reason" if error.field == "/reason" else "main")
        page |= {"problems": [problem], "reason": request.POST.get("reason", "")}
        return render(request, template, page, status=error.status)
    messages.success(request, done)
    return redirect("portal:case", number=number)


@citizens
def wallet(request: HttpRequest, *, by: Actor) -> HttpResponse:
    today = city_date(now())
    rows = [results.paper(certificate, today) for certificate in held_by(by.code)[:100]]
    return render(request, "portal/wallet.html", {"section": "wallet", "rows": rows})
