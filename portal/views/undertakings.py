"""What a citizen does with what they signed: hand in a promised file, take a commitment back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from approvals import actions
from approvals.actions import applicants
from approvals.actions.undertakings import open_promise
from approvals.models import Undertaking
from approvals.rows.undertakings import UndertakingKind, UndertakingState
from certificates import actions as certificates
from ledger.clock import now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, switching, typed, undertakings, uploads
from portal.filling import EntryPoint
from portal.problems import Problem, from_refusal
from portal.views.access import citizens, require_level
from portal.views.cases import ask_once, own_case, page_of
from services import catalogue


@citizens
def hand_in(request: HttpRequest, number: str, question: str, *, by: Actor) -> HttpResponse:
    """Hand in what was promised; files are stored as they come, as in the form itself."""
    moment, choice = now(), switching.chosen(request)
    application = own_case(number, by)
    book = catalogue.rulebook(application.edition_id)
    require_level(request, book)
    row = open_promise(application, question)
    if row is None:
        promised = Undertaking.objects.filter(application=application, question=question)
        return _second_tap(request, number, was_done=promised.exists())
    entry = EntryPoint(
        by=by,
        applicant=applicants.of(application),
        address=reverse("portal:hand-in", args=[number, question]),
        done=page_of,
    )
    node = book.form["properties"][question]
    form = {"type": "object", "properties": {question: node}, "required": [question]}
    answers: dict[str, Any] = {}
    problems: list[Problem] = []
    if request.method == "POST":
        sent, problems = uploads.posted(request, request.POST.copy(), book, by, moment)
        answers = forms.parse(form, sent, dropped=sent.get("drop", ""))
        stays = bool(choice) or any(request.POST.get(name) for name in ("upload", "drop"))
        if not stays and not problems:
            try:
                actions.hand_in(
                    number=number,
                    question=question,
                    files=answers.get(question, ()),
                    by=by,
                    now=moment,
                    version=typed.count(request.POST.get("version")),
                )
            except ActionRejected as error:
                problems = [from_refusal(error)]
            else:
                messages.success(request, gettext("Handed in."))
                return redirect("portal:case", number=number)
    errors = {p.pointer: p.text for p in problems}
    fields = forms.fields(form, answers, language(), errors)
    uploads.fill(fields, book, uploads.own(answers, book, by))
    page = {
        "section": "cases",
        "application": application,
        "service": in_language(book.pack.name),
        "fields": fields,
        "entry": entry,
        "due": row.due_at,
        "problems": problems,
        "form_id": switching.FORM,
    }
    status = 422 if problems else 200
    return switching.remember(render(request, "portal/hand_in.html", page, status=status), choice)


@citizens
def take_back(request: HttpRequest, number: str, box: str, *, by: Actor) -> HttpResponse:
    """Take a commitment back before the decision."""
    application = own_case(number, by)
    rows = Undertaking.objects.filter(application=application, box=box)
    signed = rows.filter(kind=UndertakingKind.COMMITMENT)
    if not signed.filter(state=UndertakingState.SIGNED).exists():
        return _second_tap(request, number, was_done=signed.exists())

    def action(version: int) -> None:
        actions.withdraw_commitment(number=number, box=box, by=by, now=now(), version=version)

    done = gettext("Taken back.")
    return ask_once(request, number, by, "portal/take_back.html", action, done)


@citizens
def statement(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """State one's view before what was granted is revoked (陈述、申辩)."""
    application = own_case(number, by)
    found = undertakings.open_revocation(application)
    if found is None or found.stated_at is not None:
        return _second_tap(request, number, was_done=found is not None)

    def action(version: int) -> None:
        text = request.POST.get("reason", "").replace("\r\n", "\n")
        public_id = found.certificate.public_id
        certificates.state_view(public_id=public_id, statement=text, by=by, now=now())

    done = gettext("Recorded. Whoever decides reads it.")
    return ask_once(request, number, by, "portal/statement.html", action, done)


def _second_tap(request: HttpRequest, number: str, *, was_done: bool) -> HttpResponse:
    """Lead back to the case whose page has grown stale; raises ``Http404`` for what never was."""
    if not was_done:
        raise Http404
    messages.info(request, gettext("This was done before; nothing was changed now."))
    return redirect("portal:case", number=number)
