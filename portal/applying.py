"""Applying: the form, the check page, one submission, a finished answer.

A citizen's own pages and the pages of a counter are the same: they differ in who hands in, for whom
and where to (``EntryPoint``).
"""

import datetime
import hashlib
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from affairs import drafts
from approvals import actions
from approvals.actions import Applicant, Presence
from approvals.actions.submission import Key
from approvals.models import Application
from approvals.progress import waiting
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people import identity
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.language import language
from portal import forms, prefill, sheets, shown, switching
from portal.problems import Problem, from_faults, from_refusal
from services import catalogue, protection, schema
from services.difference import Difference, differences
from services.filings import form_for
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Who fills in a form for whom, where its pages post to, and what they carry besides.

    ``done`` says where to go with what was handed in. ``head``: a template above the form.
    ``presence``: of whom comes to a counter. ``purpose``: of the look-ups for the form.
    """

    by: Actor
    applicant: Applicant
    address: str
    done: Callable[[Application], str]
    channel: str = "portal"
    purpose: str = "prefill"
    base: str = "portal/base.html"
    head: str = ""
    carried: tuple[tuple[str, str], ...] = ()
    presence: Presence | None = None
    words: Mapping[str, str] = field(default_factory=dict)  # of ``head``

    @property
    def is_own(self) -> bool:
        """Whether the applicant is who reads the pages."""
        return self.by.kind is Kind.CITIZEN

    @property
    def line(self) -> str:
        return f"{self.applicant.name} {identity.mask(self.applicant.number)}"


@dataclass(slots=True)
class Draft:
    """What has been filled in so far; of a citizen's own a copy is kept (``affairs.drafts``)."""

    book: Rulebook
    answers: dict[str, Any]
    entry: EntryPoint
    by_person: bool = False
    consent: bool = False
    form: dict[str, Any] = field(default_factory=dict)  # with the blocks that the answers open
    differences: tuple[Difference, ...] | None = None  # from the edition that was shown before
    problems: list[Problem] = field(default_factory=list)
    resumed: drafts.Saved | None = None  # what was filled in another day


def begin(
    request: HttpRequest, book: Rulebook, entry: EntryPoint, moment: datetime.datetime
) -> HttpResponse:
    """Return the form of an edition as it is first shown, or as far as it was filled in before."""
    if entry.is_own and (saved := drafts.find(book.code, entry.by, moment)):
        return _form(request, _resumed(book, entry, saved, moment), moment)
    draft = Draft(book, {}, entry, by_person=request.GET.get("person") == "1")
    draft.form = form_for(book, {}, city_date(moment))
    return _form(request, draft, moment, first=True)


def _resumed(book: Rulebook, entry: EntryPoint, saved: drafts.Saved, moment: Any) -> Draft:
    """Return what was filled in before, under the edition in force: what it still asks is kept.

    What was ticked stands for the edition that was shown, and is to be ticked anew.
    """
    form = form_for(book, saved.answers, city_date(moment))
    kept = {name: saved.answers[name] for name in form["properties"] if name in saved.answers}
    for pointer in forms.declarations(book.form):
        kept.pop(pointer[1:], None)
    draft = Draft(book, kept, entry, by_person=saved.by_person, form=form, resumed=saved)
    old = catalogue.numbered(book.code, saved.edition) if saved.edition != book.number else None
    if old is not None:
        draft.differences = differences(old, book, city_date(moment))
    return draft


def keep(draft: Draft, moment: datetime.datetime) -> bool:
    """Keep what a citizen has filled in so far, to go on with on any device; whether it is kept."""
    return draft.entry.is_own and drafts.save(
        book=draft.book,
        answers=draft.answers,
        by_person=draft.by_person,
        by=draft.entry.by,
        now=moment,
    )


def go_on(
    request: HttpRequest, book: Rulebook, entry: EntryPoint, moment: datetime.datetime
) -> HttpResponse:
    """Answer a page that was posted: its ``step`` is check, edit or submit."""
    step = request.POST.get("step")
    old = _shown(request, book)
    if choice := switching.chosen(request):
        draft = _draft(request, old or book, entry, moment)
        page = _check if request.POST.get("page") == "check" else _form
        return switching.remember(page(request, draft, moment), choice)
    if old is None:
        return _incomplete(request, _draft(request, book, entry, moment), moment)
    if old is not book:
        if step == "submit" and (made := _first_tap(request, _draft(request, old, entry, moment))):
            return redirect(entry.done(made))
        return _changed(request, old, entry, moment)
    draft = _draft(request, book, entry, moment)
    # what is handed in is an application, and its draft is gone
    if step != "submit" and keep(draft, moment) and step == "save":
        messages.success(request, gettext("Kept. Go on whenever you want, on any device."))
        return redirect("portal:cases")
    blocks = forms.blocks(draft.form)
    opened = set(blocks) - set(request.POST.get("blocks", "").split())
    if step == "edit" or request.POST.get("more") or (step != "submit" and opened):
        return _form(request, draft, moment, more=request.POST.get("more", ""))
    whole = draft.answers if step == "submit" else forms.declared(book.form, draft.answers)
    try:
        schema.validate(book, whole, protect=protection.protect, on=city_date(moment))
    except schema.Invalid as error:
        questions = forms.fields(draft.form, draft.answers, language())
        draft.problems = from_faults(error.faults, questions)
        if {p.pointer for p in draft.problems} <= set(forms.declarations(book.form)):
            return _check(request, draft, moment, status=422)
        return _form(request, draft, moment)
    if step == "submit":
        return _submit(request, draft, moment)
    return _check(request, draft, moment)


def _draft(request: HttpRequest, book: Rulebook, entry: EntryPoint, moment: Any) -> Draft:
    draft = Draft(
        book,
        forms.parse(book.form, request.POST),
        entry,
        request.POST.get("by_person") == "1",
        request.POST.get("consent") == "1",
    )
    draft.form = form_for(book, draft.answers, city_date(moment))
    return draft


def _shown(request: HttpRequest, current: Rulebook) -> Rulebook | None:
    """Return the edition that the page has shown; None for a page that does not say."""
    number = shown.read(request.POST.get("edition", ""), current.code)
    if number is None:
        return None
    return current if number == current.number else catalogue.numbered(current.code, number)


def _incomplete(request: HttpRequest, draft: Draft, moment: Any) -> HttpResponse:
    text = gettext("The page was incomplete; please submit again")
    draft.problems = [Problem("", text, "main")]
    return _form(request, draft, moment)


def _changed(request: HttpRequest, old: Rulebook, entry: EntryPoint, moment: Any) -> HttpResponse:
    """Show the page again under the edition in force, with what differs; nothing is lost (409).

    What was ticked stands for the edition that was shown, and is to be ticked anew.
    """
    edition = catalogue.current(old.code, city_date(moment))
    if edition is None:
        raise Http404
    draft = _draft(request, catalogue.rulebook(edition), entry, moment)
    draft.consent = False
    for pointer in forms.declarations(draft.book.form):
        draft.answers.pop(pointer[1:], None)
    draft.differences = differences(old, draft.book, city_date(moment))
    if request.POST.get("step") == "submit":
        whole = forms.declared(draft.book.form, draft.answers)
        try:
            schema.validate(draft.book, whole, protect=protection.protect, on=city_date(moment))
        except schema.Invalid as error:
            questions = forms.fields(draft.form, draft.answers, language())
            draft.problems = from_faults(error.faults, questions)
        else:
            return _check(request, draft, moment, status=409)
    return _form(request, draft, moment)


def _form(
    request: HttpRequest,
    draft: Draft,
    moment: Any,
    *,
    first: bool = False,
    more: str = "",
) -> HttpResponse:
    known = _known(draft, moment)
    values = known.answers(draft.form) if first else draft.answers
    errors = {p.pointer: p.text for p in draft.problems}
    page = {
        "sheet": sheets.sheet(draft.book, city_date(moment)),
        "fields": [
            f for f in forms.fields(draft.form, values, language(), errors, more) if not f.declared
        ],
        "known": known,
        "blocks": " ".join(forms.blocks(draft.form)),
        "by_person": draft.by_person,
        "problems": draft.problems,
        "edition": shown.sign(draft.book),
        "entry": draft.entry,
        "form_id": switching.FORM,
        "differences": draft.differences,
        "resumed": draft.resumed,
    }
    stale = draft.differences is not None and draft.resumed is None
    status = 409 if stale else 422 if draft.problems else 200
    return render(request, "portal/apply.html", page, status=status)


def _check(request: HttpRequest, draft: Draft, moment: Any, status: int = 200) -> HttpResponse:
    known = _known(draft, moment)
    errors = {p.pointer: p.text for p in draft.problems}
    questions = forms.fields(draft.form, draft.answers, language(), errors)
    page = {
        "sheet": sheets.sheet(
            draft.book,
            city_date(moment),
            instant=catalogue.automatic([draft.book.code])[draft.book.code],
        ),
        "fields": [f for f in questions if not f.declared],
        "declarations": [f for f in questions if f.declared],
        "hidden": list(forms.hidden(draft.form, draft.answers)),
        "blocks": " ".join(forms.blocks(draft.form)),
        "applicant": draft.entry.line,
        "known": known,
        "key": uuid.uuid4().hex,
        "by_person": draft.by_person,
        "consent": draft.consent,
        "problems": draft.problems,
        "edition": shown.sign(draft.book),
        "entry": draft.entry,
        "form_id": switching.FORM,
        "differences": draft.differences,
        "consent_missing": any(p.target == "consent" for p in draft.problems),
    }
    return render(request, "portal/check.html", page, status=status)


def _known(draft: Draft, moment: Any) -> prefill.Prefill:
    entry = draft.entry
    number, purpose = entry.applicant.number, f"{entry.purpose}:{draft.book.code}"
    return prefill.read(draft.book, number, purpose=purpose, by=entry.by, now=moment)


def _submit(request: HttpRequest, draft: Draft, moment: Any) -> HttpResponse:
    """Submit once, wait within the budget, and go to the finished page."""
    if not draft.consent and not forms.declarations(draft.book.form):
        text = gettext("Tick that you know who is asked, and that your answers are true")
        draft.problems = [Problem("", text, "consent")]
        return _check(request, draft, moment, status=422)
    key = _key(request, draft)
    if key is None:
        draft.problems = [
            Problem("", gettext("The page was incomplete; please submit again"), "main")
        ]
        return _check(request, draft, moment, status=422)
    identifier, entry = uuid7(), draft.entry
    with waiting.expect(identifier) as waiter:
        try:
            application = actions.submit(
                new=actions.NewApplication(
                    service=draft.book.code,
                    edition=draft.book.number,
                    applicant=entry.applicant,
                    answers=draft.answers,
                    channel=entry.channel,
                    by_person=draft.by_person,
                    key=key,
                    identifier=identifier,
                    presence=entry.presence,
                ),
                by=entry.by,
                now=moment,
            )
        except ActionRejected as error:
            if error.code == "edition_not_in_force":
                return _changed(request, draft.book, entry, moment)
            draft.problems = [from_refusal(error)]
            return _check(request, draft, moment, status=error.status)
        if application.id == identifier:  # else: a second tap; its page shows how far the first is
            waiter.wait(settings.PORTAL_BUDGET)
    return redirect(entry.done(application))


def _first_tap(request: HttpRequest, draft: Draft) -> Application | None:
    """Return what this very page has submitted before, while its edition was in force."""
    key = _key(request, draft)
    with suppress(ActionRejected):
        return actions.earlier(key, draft.entry.by) if key else None
    return None


def _key(request: HttpRequest, draft: Draft) -> Key | None:
    """Return the page's key with what it stands for: a key with another body is refused."""
    key = request.POST.get("key", "")
    if not (key.isascii() and key.isalnum() and len(key) == 32):
        return None
    body = [draft.book.code, draft.answers, draft.by_person]
    if not draft.entry.is_own:
        body.append(identity.index(draft.entry.applicant.number))
    return Key(key, hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest())
