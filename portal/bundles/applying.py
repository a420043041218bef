"""Applying for a bundle: the joint form, its check page, one handing-in, the progress page."""

import datetime
import hashlib
from collections.abc import Collection
from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from approvals.actions.submission import Key
from approvals.progress import waiting
from bundles import actions, drafts
from bundles.models import BundledCase
from city.bundles import Bundle
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people.actors import Actor
from people.errors import ActionRejected
from portal import forms, switching
from portal.applying import STAYS
from portal.bundles.filling import Draft, check_page, form_page, read
from portal.filling import EntryPoint
from portal.problems import Problem, from_refusal
from services.bundles import Joint


def chosen(
    request: HttpRequest, bundle: Bundle, by: Actor, moment: datetime.datetime
) -> Collection[str]:
    """Return the steps that somebody has chosen: as the page that was posted showed them.

    Of the first page: those of ``with`` in the address; without it, what a draft had.
    """
    if request.method == "POST":
        return read(request.POST.get("shown", ""), bundle.code) or ()
    if "with" in request.GET:
        return request.GET.getlist("with")
    saved = drafts.find(bundle.code, by, moment)
    return saved.chosen if saved else ()


def begin(
    request: HttpRequest, joint: Joint, entry: EntryPoint, moment: datetime.datetime
) -> HttpResponse:
    """Return the form as it is first shown, or as far as it was filled in before."""
    saved = drafts.find(joint.bundle.code, entry.by, moment)
    draft = Draft(joint, {}, entry, by_person=request.GET.get("person") == "1")
    if saved:
        kept = {n: v for n, v in saved.answers.items() if n in joint.schema["properties"]}
        for pointer in forms.declarations(joint.schema):
            kept.pop(pointer[1:], None)
        draft.answers, draft.by_person, draft.resumed = kept, saved.by_person, saved
    draft.materials = draft.always_asked()
    draft.open(city_date(moment))
    return form_page(request, draft, moment)


def go_on(
    request: HttpRequest, joint: Joint, entry: EntryPoint, moment: datetime.datetime
) -> HttpResponse:
    """Answer a page that was posted: its ``step`` is check, edit, save or submit."""
    numbers, step = read(request.POST.get("shown", ""), joint.bundle.code), request.POST.get("step")
    draft = _draft(request, joint, entry, moment)
    if choice := switching.chosen(request):
        page = check_page if request.POST.get("page") == "check" else form_page
        return switching.remember(page(request, draft, moment), choice)
    if numbers is None:
        draft.problems = [_incomplete()]
        return form_page(request, draft, moment)
    now_shown = {code: book.number for code, book in joint.books.items()}
    if step == "submit" and now_shown != numbers and (made := _first_tap(request, entry)):
        return redirect("portal:bundle-case", made.number)
    if step != "submit" and _keep(draft, moment) and step == "save":
        messages.success(request, gettext("Kept. Go on whenever you want, on any device."))
        return redirect("portal:cases")
    if now_shown != numbers:
        draft.has_changed = True
        for pointer in forms.declarations(joint.schema):
            draft.answers.pop(pointer[1:], None)
        return form_page(request, draft, moment)
    return _answer(request, draft, moment)


def _answer(request: HttpRequest, draft: Draft, moment: datetime.datetime) -> HttpResponse:
    sent, today = request.POST, city_date(moment)
    step = sent.get("step")
    if draft.refused:
        draft.problems = draft.refused
        return form_page(request, draft, moment)
    if step == "edit" or any(sent.get(name) for name in STAYS):
        return form_page(request, draft, moment, more=sent.get("more", ""))
    if step != "submit" and set(forms.blocks(draft.form)) - set(sent.get("blocks", "").split()):
        return form_page(request, draft, moment)  # a block that was not seen yet
    draft.problems = draft.faults(today, declared=step != "submit")
    if draft.problems:
        declared = set(forms.declarations(draft.joint.schema))
        page = check_page if {p.pointer for p in draft.problems} <= declared else form_page
        if page is check_page:
            return check_page(request, draft, moment, status=422)
        return form_page(request, draft, moment)
    if step == "submit":
        return _submit(request, draft, moment)
    return check_page(request, draft, moment)


def _draft(request: HttpRequest, joint: Joint, entry: EntryPoint, moment: Any) -> Draft:
    draft = Draft(joint, {}, entry, by_person=request.POST.get("by_person") == "1")
    draft.read(request, moment)
    draft.open(city_date(moment))
    return draft


def _keep(draft: Draft, moment: datetime.datetime) -> bool:
    return drafts.save(
        joint=draft.joint,
        answers=draft.answers,
        by_person=draft.by_person,
        by=draft.entry.by,
        now=moment,
    )


def _submit(request: HttpRequest, draft: Draft, moment: datetime.datetime) -> HttpResponse:
    """Hand in once, wait within the budget for the first step, and go to the progress page."""
    key = _key(request, draft)
    if key is None:
        draft.problems = [_incomplete()]
        return check_page(request, draft, moment, status=422)
    first = draft.joint.first[0]
    identifier = uuid7()
    with waiting.expect(identifier) as waiter:
        try:
            case = actions.hand_in(
                new=actions.NewBundle(
                    joint=draft.joint,
                    applicant=draft.entry.applicant,
                    answers=draft.asked,
                    key=key,
                    by_person=draft.by_person,
                    identifiers={first: identifier},
                ),
                by=draft.entry.by,
                now=moment,
            )
        except ActionRejected as error:
            if error.code == "key_reused":  # somebody went back, changed an answer, and submitted
                draft.earlier = actions.made_before(key.value, draft.entry.by)
                return check_page(request, draft, moment, status=409)
            if error.code == "edition_not_in_force":
                draft.has_changed = True
                return form_page(request, draft, moment)
            draft.problems = [from_refusal(error)]
            return check_page(request, draft, moment, status=error.status)
        if case.steps.filter(application=identifier).exists():
            waiter.wait(settings.PORTAL_BUDGET)
    drafts.delete(bundle=draft.joint.bundle.code, by=draft.entry.by)
    return redirect("portal:bundle-case", case.number)


def _first_tap(request: HttpRequest, entry: EntryPoint) -> BundledCase | None:
    """Return what this very page has handed in before, while its editions were in force."""
    key = request.POST.get("key", "")
    return actions.made_before(key, entry.by) if _is_key(key) else None


def _is_key(key: str) -> bool:
    return key.isascii() and key.isalnum() and len(key) == 32


def _key(request: HttpRequest, draft: Draft) -> Key | None:
    """Return the page's key with what it stands for: a key with another body is refused."""
    key = request.POST.get("key", "")
    if not _is_key(key):
        return None
    body = [draft.joint.bundle.code, list(draft.joint.books), draft.asked, draft.by_person]
    return Key(key, hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest())


def _incomplete() -> Problem:
    return Problem("", gettext("The page was incomplete; please submit again"), "main")
