"""“This is wrong”: a citizen disputes what a registry says, in a form or in a case of theirs."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from affairs import drafts
from approvals import actions
from approvals.actions.disputes import seen_fact
from approvals.models import Application, Evidence
from approvals.records.disputes import value_in
from ledger.clock import city_date, now
from materials import queries
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from portal import capacity, disputes, prefill, switching, typed, uploads
from portal.disputes import Question
from portal.problems import Problem, from_refusal
from portal.views.access import citizens, known_user, require_level
from portal.views.cases import own_case
from services import catalogue
from services.pack.model import Fact
from services.rulebook import Rulebook


@citizens
def of_form(request: HttpRequest, code: str, fact: str, *, by: Actor) -> HttpResponse:
    """Dispute a fact before anything is handed in: it is kept with the form, and goes with it."""
    moment, choice = now(), switching.chosen(request)
    edition = catalogue.current(code, city_date(moment))
    if edition is None:
        raise Http404
    book = catalogue.rulebook(edition)
    require_level(request, book)
    found = disputes.shown_fact(book, fact)
    is_theirs = (book.pack.applicant == "enterprise") == bool(by.enterprise) and by.covers(code)
    if found is None or not is_theirs:
        raise Http404
    asked = disputes.question(book, found)
    form = reverse("portal:apply", args=[code])
    page: dict[str, Any] = {"question": asked, "back": form, "service": in_language(book.pack.name)}
    page["form_id"] = switching.FORM
    earlier = next((one for one in drafts.claims(code, by, moment) if one.fact == fact), None)
    page["earlier"] = earlier
    if request.method == "POST":
        sent = _sent(request, found, by, (code, fact))
        if sent.is_unfinished or choice:
            asked.text = _looked_up(request, book, found, by, moment)
            return switching.remember(_with_files(request, page, sent, by), choice)
        claim = None if request.POST.get("drop") else sent.claim
        try:
            drafts.dispute(book=book, fact=fact, claim=claim, by=by, now=moment)
        except ActionRejected as error:
            asked.text = _looked_up(request, book, found, by, moment)
            return _again(request, page, sent, error, by)
        text = gettext("Kept with your form; it is sent when you submit.")
        messages.success(request, gettext("Taken back.") if claim is None else text)
        return redirect(form)
    if earlier is not None:
        _fill(asked, earlier, by)
    asked.text = _looked_up(request, book, found, by, moment)
    return switching.remember(render(request, "portal/dispute.html", page), choice)


@citizens
def of_case(request: HttpRequest, number: str, fact: str, *, by: Actor) -> HttpResponse:
    """Dispute a fact of a case in hand. A page that has grown stale is refused with 409."""
    choice = switching.chosen(request)
    application = own_case(number, by)
    book = catalogue.rulebook(application.edition_id)
    require_level(request, book)
    found = seen_fact(application, book, fact)
    if found is None:
        raise Http404
    asked = disputes.question(book, found)
    page: dict[str, Any] = {
        "question": asked,
        "back": reverse("portal:case", args=[number]),
        "service": in_language(book.pack.name),
        "application": application,
        "section": "cases",
        "form_id": switching.FORM,
    }
    asked.text = _on_record(application, book, found)
    if request.method != "POST":
        return switching.remember(render(request, "portal/dispute.html", page), choice)
    sent = _sent(request, found, by, ("", ""))
    if sent.is_unfinished or choice:
        return switching.remember(_with_files(request, page, sent, by), choice)
    try:
        actions.open_dispute(
            number=number,
            claim=sent.claim,
            by=by,
            now=now(),
            version=typed.count(request.POST.get("version")),
        )
    except ActionRejected as error:
        return _again(request, page, sent, error, by)
    messages.success(request, gettext("Sent. An officer decides with it in view."))
    return redirect("portal:case", number=number)


@citizens
def withdraw(request: HttpRequest, number: str, dispute: int, *, by: Actor) -> HttpResponse:
    """Take a dispute of one's own back: GET asks once more, POST does it."""
    application = own_case(number, by)
    book = catalogue.rulebook(application.edition_id)
    require_level(request, book)
    lines = disputes.of_case(application, book)
    line = next((one for one in lines if one.number == dispute), None)
    if line is None:
        raise Http404
    page: dict[str, Any] = {"line": line, "application": application, "section": "cases"}
    if request.method != "POST":
        return render(request, "portal/undispute.html", page)
    try:
        actions.withdraw_dispute(number=number, dispute=dispute, by=by, now=now())
    except ActionRejected as error:
        page["problems"] = [from_refusal(error)]
        return render(request, "portal/undispute.html", page, status=error.status)
    messages.success(request, gettext("Taken back."))
    return redirect("portal:case", number=number)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was posted: its files are stored by then. ``is_unfinished``: only to add or take out."""

    claim: actions.Claim
    problems: list[Problem]
    is_unfinished: bool


def _sent(request: HttpRequest, fact: Fact, by: Actor, but: tuple[str, str]) -> Sent:
    files, problems = uploads.with_dispute(request, by, now(), but)
    claim, reason = (request.POST.get(name, "") for name in ("claim", "reason"))
    is_unfinished = bool(problems) or "upload" in request.POST or "remove" in request.POST
    return Sent(actions.Claim(fact.name, claim, reason, files), problems, is_unfinished)


def _fill(asked: Question, claim: actions.Claim, by: Actor) -> None:
    """Give the page what was typed, and the files that are stored."""
    asked.take(claim.claim, claim.reason)
    own = queries.own(claim.files, by)
    asked.files = [queries.shown(own[digest]) for digest in claim.files if digest in own]


def _with_files(request: HttpRequest, page: dict[str, Any], sent: Sent, by: Actor) -> HttpResponse:
    """Show the page once more with the files as they are now, and what is wrong with others."""
    _fill(page["question"], sent.claim, by)
    page |= {"problems": sent.problems, "problem_at": "files" if sent.problems else ""}
    return render(request, "portal/dispute.html", page, status=422 if sent.problems else 200)


def _again(
    request: HttpRequest, page: dict[str, Any], sent: Sent, error: ActionRejected, by: Actor
) -> HttpResponse:
    """Show the page once more with what is wrong, and with what was typed."""
    _fill(page["question"], sent.claim, by)
    field = (error.field or "").removeprefix("/")
    target = field if field in ("claim", "reason", "files") else "main"
    problem: Problem = from_refusal(error, target)
    page |= {"problems": [problem], "problem_at": target}
    return render(request, "portal/dispute.html", page, status=error.status)


def _looked_up(request: HttpRequest, book: Rulebook, fact: Fact, by: Actor, moment: Any) -> str:
    """Return what the registry says now, in words; nothing where it does not answer."""
    number = capacity.applicant(request, known_user(request)).number
    purpose = f"prefill:{book.code}"
    known = prefill.read(book, number, purpose=purpose, by=by, now=moment, only=fact.source)
    if known.silent:
        return ""
    return disputes.value_in_words(book, fact, known.raw.get(fact.name))


def _on_record(application: Application, book: Rulebook, fact: Fact) -> str:
    """Return what the registry said when the case was last judged, in words."""
    registry = book.pack.registries[fact.source].registry
    row = Evidence.objects.filter(
        application=application, round=application.round, registry=registry, subject=""
    ).first()
    raw = value_in(row, fact.field) if row is not None else None
    return disputes.value_in_words(book, fact, orjson.loads(raw)) if raw is not None else ""
