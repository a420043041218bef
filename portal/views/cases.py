"""A citizen's own cases: list, result, progress, and what can still be done."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from approvals import actions, policies, queries
from approvals.actions import applicants
from approvals.documents import listing
from approvals.models import Application
from certificates.queries import held_by
from ledger.clock import city_date, now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from portal import correcting, entitled, outcome, results, switching, typed
from portal.applying import EntryPoint
from portal.problems import Problem, from_refusal
from portal.views.access import citizens, require_level
from services import catalogue

SLOWEST = 10  # seconds between two questions of a waiting page


def own_case(number: str, by: Actor) -> Application:
    """Return the citizen's case; not there and not theirs are the same 404."""
    try:
        return queries.case(number, by)
    except ActionRejected:
        raise Http404 from None


@citizens
def case(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    application = own_case(number, by)
    result = results.result(application, now=now())
    outcome.limit(result.can, application, by)
    page = {"section": "cases", "result": result, **entitled.of_case(application, by)}
    response = render(request, "portal/case.html", page)
    response["Cache-Control"] = "no-store"
    return response


@citizens
def state(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The part of the page that changes, for htmx; 204 while nothing has.

    ``after`` is how long the page waited, ``version`` what it shows.
    """
    application = own_case(number, by)
    result = results.result(application, now=now())
    outcome.limit(result.can, application, by)
    if result.polling:
        result.polling = min(SLOWEST, max(1, typed.count(request.GET.get("after")) * 2))
    page = {"result": result, "changed": typed.count(request.GET.get("version")) != result.version}
    page |= entitled.of_case(application, by)
    response = render(request, "portal/state.html", page)
    response["Cache-Control"] = "no-store"
    return response


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
    require_level(request, catalogue.rulebook(application.edition_id))
    entry = EntryPoint(
        by=by,
        applicant=applicants.of(application),
        address=reverse("portal:correct", args=[number]),
        done=page_of,
    )
    is_first = request.method != "POST"
    return correcting.answer(request, application, entry, now(), is_first=is_first)


def page_of(application: Application) -> str:
    return reverse("portal:case", args=[application.number])


@citizens
def withdraw(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    def action(version: int) -> None:
        actions.withdraw(number=number, by=by, now=now(), version=version)

    return ask_once(request, number, by, "portal/withdraw.html", action, gettext("Withdrawn."))


@citizens
def contest(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """Have a decision looked at again by an officer (复核); leads back where there is none."""
    application = own_case(number, by)
    require_level(request, catalogue.rulebook(application.edition_id))
    if request.method != "POST" and not policies.is_contestable(application, now()):
        messages.error(request, gettext("There is no decision here that can be looked at again."))
        return redirect("portal:case", number=number)

    def action(version: int) -> None:
        reason = request.POST.get("reason", "").replace("\r\n", "\n")
        actions.reopen(number=number, reason=reason, by=by, now=now(), version=version)

    done = gettext("An officer looks at it again.")
    return ask_once(request, number, by, "portal/contest.html", action, done)


@citizens
def deliver(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """Agree to have decisions of the case delivered on its page (电子送达)."""

    def action(version: int) -> None:
        actions.agree_delivery(number=number, by=by, now=now(), version=version)

    done = gettext("Agreed: decisions are delivered to you here.")
    return ask_once(request, number, by, "portal/deliver.html", action, done)


def ask_once(
    request: HttpRequest,
    number: str,
    by: Actor,
    template: str,
    action: Callable[[int], None],
    done: str,
) -> HttpResponse:
    """GET asks once more; POST does it. A page that has grown stale is refused with 409."""
    choice = switching.chosen(request)
    application = own_case(number, by)
    book = catalogue.rulebook(application.edition_id)
    require_level(request, book)
    page: dict[str, Any] = {
        "section": "cases",
        "application": application,
        "service": in_language(book.pack.name),
        "form_id": switching.FORM,
        "reason": request.POST.get("reason", ""),
    }
    if request.method != "POST" or choice:
        return switching.remember(render(request, template, page), choice)
    try:
        action(typed.count(request.POST.get("version")))
    except ActionRejected as error:
        problem: Problem = from_refusal(error, "reason" if error.field == "/reason" else "main")
        page["problems"] = [problem]
        return render(request, template, page, status=error.status)
    messages.success(request, done)
    return redirect("portal:case", number=number)


@citizens
def wallet(request: HttpRequest, *, by: Actor) -> HttpResponse:
    today = city_date(now())
    rows = [results.paper(certificate, today) for certificate in held_by(by)[:100]]
    return render(request, "portal/wallet.html", {"section": "wallet", "rows": rows})
