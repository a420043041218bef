"""Applying: the form, the check page, one submission, a finished answer.

A citizen's own pages and the pages of a counter are the same: they differ in who hands in, for whom
and where to (``EntryPoint``).
"""

import datetime
import hashlib
from contextlib import suppress
from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from affairs import drafts
from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application
from approvals.progress import waiting
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people import identity
from people.errors import ActionRejected
from portal import disputes, divided, forms, shown, switching
from portal.context import elder
from portal.filling import Draft, EntryPoint, check_page, form_page
from portal.problems import Problem, from_refusal
from services import catalogue, materials
from services.difference import differences
from services.filings import form_for
from services.rulebook import Rulebook

__all__ = ["EntryPoint", "begin", "go_on"]
# what a button of the form asks for that leaves its questions where they are
STAYS = ("more", "drop", "search", "upload")


def begin(
    request: HttpRequest, book: Rulebook, entry: EntryPoint, moment: datetime.datetime
) -> HttpResponse:
    """Return the form of an edition as it is first shown, or as far as it was filled in before."""
    saved = drafts.find(book.code, entry.by, moment) if entry.is_own else None
    if saved and saved.answers:
        resumed = _resumed(book, entry, saved, moment)
        resumed.one_by_one = entry.is_own and elder(request)
        return form_page(request, resumed, moment)
    draft = Draft(book, {}, entry, by_person=request.GET.get("person") == "1")
    draft.one_by_one = entry.is_own and elder(request)
    draft.claims = disputes.known(book, saved.claims if saved else ())
    draft.materials = materials.always_asked(book)
    draft.open(city_date(moment))
    return form_page(request, draft, moment, first=True)


def _resumed(book: Rulebook, entry: EntryPoint, saved: drafts.Saved, moment: Any) -> Draft:
    """Return what was filled in before, under the edition in force: what it still asks is kept.

    What was ticked stands for the edition that was shown, and is to be ticked anew.
    """
    form = form_for(book, saved.answers, city_date(moment))
    kept = {name: saved.answers[name] for name in form["properties"] if name in saved.answers}
    for pointer in forms.declarations(book.form):
        kept.pop(pointer[1:], None)
    draft = Draft(book, kept, entry, by_person=saved.by_person, form=form, resumed=saved)
    draft.claims = disputes.known(book, saved.claims)
    draft.materials = materials.always_asked(book)
    draft.open(city_date(moment))
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
    """Answer a page that was posted: its ``step`` is next, back, check, edit or submit."""
    step = request.POST.get("step")
    old = _shown(request, book)
    if choice := switching.chosen(request):
        draft = _draft(request, old or book, entry, moment)
        if old is not None:
            keep(draft, moment)
        page = check_page if request.POST.get("page") == "check" else form_page
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
    if (fact := request.POST.get("wrong", "")) and fact in book.facts and entry.is_own:
        return redirect("portal:wrong", book.code, fact)
    if draft.refused:
        draft.problems = draft.refused
        return _to_problem(request, draft, moment)
    if moved := _moved(request, draft, moment):
        return moved
    draft.problems = draft.faults(city_date(moment), declared=step != "submit")
    if draft.problems:
        if {p.pointer for p in draft.problems} <= set(forms.declarations(book.form)):
            return check_page(request, draft, moment, status=422)
        return _to_problem(request, draft, moment)
    if step == "submit":
        return _submit(request, draft, moment)
    return check_page(request, draft, moment)


def _moved(request: HttpRequest, draft: Draft, moment: datetime.datetime) -> HttpResponse | None:
    """Return another page of the form, where one was asked for or has to be seen first."""
    sent, step, parts = request.POST, request.POST.get("step"), draft.parts
    if any(sent.get(name) for name in STAYS):
        return form_page(request, draft, moment, more=sent.get("more", ""))
    if parts and (key := sent.get("go")):
        draft.part = key
        return form_page(request, draft, moment)
    if parts and step == "back":
        earlier = divided.before(parts, draft.part)
        draft.part = earlier.key if earlier else ""
        return form_page(request, draft, moment)
    if parts and step == "next":
        here = divided.named(parts, draft.part)
        problems = draft.faults(city_date(moment))
        draft.problems = [p for p in problems if here.covers(p.pointer)]
        following = None if draft.problems else divided.after(parts, here.key)
        if draft.problems or following:
            draft.part = following.key if following else here.key
            return form_page(request, draft, moment)
    if step == "edit":
        return form_page(request, draft, moment)
    opened = set(forms.blocks(draft.form)) - set(sent.get("blocks", "").split())
    if step != "submit" and opened:
        draft.part = min(opened).split("/")[1]
        return form_page(request, draft, moment)
    return None


def _to_problem(request: HttpRequest, draft: Draft, moment: datetime.datetime) -> HttpResponse:
    """Show the form where the first thing to look at is."""
    for part in draft.parts:
        mine = [p for p in draft.problems if part.covers(p.pointer)]
        if mine:
            draft.part, draft.problems = part.key, mine
            break
    return form_page(request, draft, moment)


def _draft(request: HttpRequest, book: Rulebook, entry: EntryPoint, moment: Any) -> Draft:
    draft = Draft(
        book,
        {},
        entry,
        request.POST.get("by_person") == "1",
        request.POST.get("consent") == "1",
    )
    draft.one_by_one = entry.is_own and elder(request)
    draft.read(request, moment)
    draft.claims = disputes.kept(book, entry, moment)
    draft.open(city_date(moment))
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
    return form_page(request, draft, moment)


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
        draft.problems = draft.faults(city_date(moment))
        if not draft.problems:
            return check_page(request, draft, moment, status=409)
        return _to_problem(request, draft, moment)
    return form_page(request, draft, moment)


def _submit(request: HttpRequest, draft: Draft, moment: Any) -> HttpResponse:
    """Submit once, wait within the budget, and go to the finished page."""
    if not draft.consent and not forms.declarations(draft.book.form):
        text = gettext("Tick that you know who is asked, and that your answers are true")
        draft.problems = [Problem("", text, "consent")]
        return check_page(request, draft, moment, status=422)
    key = _key(request, draft)
    if key is None:
        draft.problems = [
            Problem("", gettext("The page was incomplete; please submit again"), "main")
        ]
        return check_page(request, draft, moment, status=422)
    if disputes.digest(draft.claims) != request.POST.get("claims", ""):
        if made := _first_tap(request, draft):
            return redirect(draft.entry.done(made))
        text = gettext("What you call wrong has changed since. Look at it once more, then submit.")
        draft.problems = [Problem("", text, "claims")]
        return check_page(request, draft, moment, status=409)
    identifier, entry = uuid7(), draft.entry
    with waiting.expect(identifier) as waiter:
        try:
            application = actions.submit(
                new=actions.NewApplication(
                    service=draft.book.code,
                    edition=draft.book.number,
                    applicant=entry.applicant,
                    answers=draft.asked,
                    channel=entry.channel,
                    by_person=draft.by_person,
                    key=key,
                    identifier=identifier,
                    presence=entry.presence,
                    claims=draft.claims,
                    represents=entry.represents,
                ),
                by=entry.by,
                now=moment,
            )
        except ActionRejected as error:
            if error.code == "edition_not_in_force":
                return _changed(request, draft.book, entry, moment)
            if error.code == "key_reused":  # somebody went back, changed an answer, and submitted
                draft.earlier = actions.made_with(key.value, entry.by)
                return check_page(request, draft, moment, status=409)
            draft.problems = [from_refusal(error)]
            return check_page(request, draft, moment, status=error.status)
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
    body: list[Any] = [draft.book.code, draft.asked, draft.by_person]
    if claims := request.POST.get("claims", ""):  # as the page showed them: they go with the draft
        body.append(claims)
    if not draft.entry.is_own or draft.entry.represents is not None:
        body.append(identity.index(draft.entry.applicant.number))
    return Key(key, hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest())
