"""Signing as one of several: what others filled in, and yes or no from one's own log-in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from approvals import actions, listed_people, queries
from approvals.models import Cosignature
from ledger.clock import now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, invitations, sheets, switching
from portal.problems import from_refusal
from portal.views.access import persons, require_level
from services import catalogue
from services.filings import form_for
from services.tokens import masked


@persons
def invitation(request: HttpRequest, token: str, *, by: Actor) -> HttpResponse:
    """Lead whom a link was made for to what they are asked to sign; nobody else learns of it."""
    found = invitations.invited(token, by)
    if found is None:
        return render(request, "portal/invitation.html", {"section": "cases"}, status=404)
    return redirect("portal:sign", number=found.application.number)


@persons
def sign(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """GET shows what would be signed; POST confirms or declines it, once."""
    choice = switching.chosen(request)
    pending = _pending(number, by)
    case = pending.application
    book = catalogue.rulebook(case.edition_id)
    require_level(request, book)
    problems = []
    if request.method == "POST" and not choice:
        try:
            actions.cosign(
                number=number,
                granted=request.POST.get("answer") == "yes",
                reason=request.POST.get("reason", "").strip(),
                by=by,
                now=now(),
            )
        except ActionRejected as refused:
            problems = [from_refusal(refused, "reason")]
        else:
            messages.success(request, gettext("Your answer was recorded."))
            return redirect("portal:cases")
    answers = masked(case.answers)
    page = {
        "section": "cases",
        "problems": problems,
        "form_id": switching.FORM,
        "reason": request.POST.get("reason", ""),
        "number": number,
        "service": in_language(book.pack.name),
        "law": book.pack.law,
        "applicant": case.applicant_name,
        "due": pending.due_at,
        "role": listed_people.people(case, book).named(by.code)[1],
        "sources": sheets.of_others(book),
        "fields": forms.fields(form_for(book, case.answers, case.as_of), answers, language()),
    }
    response = render(request, "portal/sign.html", page, status=422 if problems else 200)
    return switching.remember(response, choice)


def _pending(number: str, by: Actor) -> Cosignature:
    """Return the open question to this citizen; whoever is not asked finds nothing."""
    for pending in queries.to_confirm(by):
        if pending.application.number == number:
            return pending
    raise Http404
