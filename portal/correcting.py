"""Correcting a returned application: only what was opened, and one way to hand in again.

A citizen's own page and that of a counter are the same: they differ in who hands in, for whom and
where to (``applying.EntryPoint``).
"""

import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from approvals import actions
from approvals.models import Application
from approvals.progress import waiting
from approvals.records import correction
from approvals.states import State
from people import protection
from people.errors import ActionRejected
from people.language import in_language, language
from portal import forms, pickers, results, switching, typed, uploads
from portal.applying import STAYS, EntryPoint
from portal.problems import Problem, from_faults, from_refusal
from services import catalogue, schema
from services.filings import form_for
from services.pack.model import FILINGS


def answer(
    request: HttpRequest,
    application: Application,
    entry: EntryPoint,
    moment: datetime.datetime,
    *,
    is_first: bool,
) -> HttpResponse:
    """Show what is to be corrected, first, or answer what was posted of it."""
    if application.state != State.RETURNED:
        if is_first:
            return redirect(entry.done(application))
        return _overtaken(request, application, entry)
    book = catalogue.rulebook(application.edition_id)
    answers = dict(application.answers)
    problems: list[Problem] = []
    may_change = correction.opened(application)
    choice = switching.chosen(request)
    if not is_first:
        dropped = request.POST.get("drop", "")
        sent, problems = uploads.posted(
            request, pickers.posted(request.POST), book, entry.by, moment
        )
        answers = forms.parse(book.form, sent, dropped=dropped)
        forms.keep_secrets(book.form, answers, application.answers)
        if may_change is not None:
            _keep(book.form, sent, answers, application.answers, may_change)
        form = form_for(book, answers, application.as_of)
        opened = set(forms.blocks(form)) - set(request.POST.get("blocks", "").split())
        stays = any(request.POST.get(name) for name in STAYS)
        if not opened and not stays and not choice and not problems:
            problems = _resubmit(request, application, form, answers, entry, moment)
            if not problems:
                return redirect(entry.done(application))
    form = form_for(book, answers, application.as_of)
    errors = {p.pointer: p.text for p in problems}
    fields = forms.fields(form, answers, language(), errors, request.POST.get("more", ""))
    fields = uploads.open_to(fields, book, uploads.of_return(application, book, may_change))
    pickers.fill(fields, book, answers, request.POST, application.as_of)
    uploads.fill(fields, book, uploads.of_case(application, answers, book, entry.by))
    kept = [f for f in fields if not _is_open(f.pointer, may_change, application.answers)]
    page = {
        "section": "cases",
        "application": application,
        "entry": entry,
        "service": in_language(book.pack.name),
        "missing": results.result(application, now=moment).missing,
        "fields": [f for f in fields if f not in kept],
        "kept": [f for f in kept if f.answered and not f.declared],
        "has_files": any(f.widget == "files" for f in fields if f not in kept),
        "is_limited": may_change is not None,
        "blocks": " ".join(forms.blocks(form)),
        "problems": problems,
        "form_id": switching.FORM,
    }
    response = render(request, "portal/correct.html", page, status=422 if problems else 200)
    return switching.remember(response, choice) if choice else response


def _overtaken(request: HttpRequest, application: Application, entry: EntryPoint) -> HttpResponse:
    """Keep what was typed in a tab whose case was handed in meanwhile, and say what to do (409)."""
    book = catalogue.rulebook(application.edition_id)
    answers, stored = forms.parse(book.form, request.POST), application.answers
    before = {f.pointer: f.shown for f in forms.fields(book.form, stored, language())}
    shown = forms.fields(book.form, answers, language())
    page = {
        "section": "cases",
        "application": application,
        "entry": entry,
        "address": entry.done(application),
        "service": in_language(book.pack.name),
        "word": application.face.word,
        "changed": [f for f in shown if f.answered and f.shown != before.get(f.pointer)],
    }
    return render(request, "portal/overtaken.html", page, status=409)


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
    entry: EntryPoint,
    moment: datetime.datetime,
) -> list[Problem]:
    """Hand in again and wait within the budget; returns what is wrong, or nothing."""
    book = catalogue.rulebook(application.edition_id)
    try:
        schema.validate(book, answers, protect=protection.protect, on=application.as_of)
        with waiting.expect(application.id) as waiter:
            actions.resubmit(
                number=application.number,
                answers=answers,
                by=entry.by,
                now=moment,
                version=typed.count(request.POST.get("version")),
                presence=entry.presence,
            )
            waiter.wait(settings.PORTAL_BUDGET)
    except schema.Invalid as error:
        return from_faults(error.faults, forms.fields(form, answers, language()))
    except ActionRejected as error:
        named = [Problem("", in_language(fault), "main") for fault in error.faults]
        return [from_refusal(error), *named]
    return []
