"""A joint form (一件事) while it is filled in: as ``portal.filling``, for several services."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals.actions import prechecks
from approvals.actions.prechecks import Precheck
from bundles import actions, drafts
from bundles.models import BundledCase
from ledger.clock import city_date
from people import protection
from people.language import in_language, language
from portal import forms, pickers, precheck, sheets, switching, uploads
from portal.filling import EntryPoint
from portal.problems import Problem, from_faults
from services import catalogue, materials, schema
from services.bundles import Joint
from services.rulebook import Rulebook

_SALT = "portal.bundles"


def sign(joint: Joint) -> str:
    """Return what the form carries of what its page shows: the steps and their editions."""
    books = [f"{code}={book.number}" for code, book in joint.books.items()]
    return Signer(salt=_SALT).sign(":".join([joint.bundle.code, *books]))


def read(text: str, bundle: str) -> dict[str, int] | None:
    """Return the numbers of the editions that a page showed, by step; None when forged."""
    try:
        code, *books = Signer(salt=_SALT).unsign(text).split(":")
    except BadSignature:
        return None
    pairs = (one.partition("=") for one in books)
    return {step: int(number) for step, _eq, number in pairs} if code == bundle else None


@dataclass(slots=True)
class Draft:
    """What has been filled in so far; ``materials``: the questions with files that are asked."""

    joint: Joint
    answers: dict[str, Any]
    entry: EntryPoint
    by_person: bool = False
    form: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)  # files that were sent and not taken
    materials: tuple[str, ...] = ()
    asks_now: bool = False
    has_changed: bool = False  # one of the services, since the page was shown
    resumed: drafts.Saved | None = None
    earlier: BundledCase | None = None

    def read(self, request: HttpRequest, moment: datetime.datetime) -> None:
        """Take what was posted; files are stored now."""
        sent, asked = pickers.posted(request.POST), request.POST.get("materials", "").split()
        for book in self.owners().values():
            sent, wrong = uploads.posted(request, sent, book, self.entry.by, moment)
            self.refused += wrong
        self.answers = forms.parse(self.joint.schema, sent, dropped=sent.get("drop", ""))
        self.materials = (*self.always_asked(), *asked)

    def owners(self) -> dict[str, Rulebook]:
        """Return the steps' editions, each with those questions for files that it asks first."""
        found = {}
        for code, book in self.joint.books.items():
            mine = {q.name for q in self.joint.questions if q.owner == code}
            specs = {n: one for n, one in book.pack.materials.items() if n in mine}
            found[code] = replace(book, pack=replace(book.pack, materials=specs))
        return found

    def always_asked(self) -> tuple[str, ...]:
        books = self.joint.books.values()
        return tuple(name for book in books for name in materials.always_asked(book))

    def open(self, on: datetime.date) -> None:
        """Let the form have what the answers open, and the questions with files that are asked."""
        form = self.joint.form(self.answers, on)
        for book in self.joint.books.values():
            form = uploads.with_asked(form, book, (*self.materials, *self.answers))
        self.form = form

    @property
    def asked(self) -> dict[str, Any]:
        """The answers to what is asked now."""
        return {n: v for n, v in self.answers.items() if n in self.form["properties"]}

    def faults(self, on: datetime.date, *, declared: bool = True) -> list[Problem]:
        """Return what is missing or wrong, at its place in the joint form."""
        schema_, joint = self.joint.schema, self.joint
        answers = forms.declared(schema_, self.asked) if declared else self.asked
        found: dict[str, Any] = {}
        for code in joint.books:
            for one in actions.faults(joint, code, joint.answers_of(code, answers), on):
                place = joint.pointer_of(code, one.pointer)
                found.setdefault(place, replace(one, pointer=place))
        return from_faults(found.values(), forms.fields(self.form, self.asked, language()))

    def questions(self, request: HttpRequest, moment: datetime.datetime, more: str = "") -> Any:
        """Return the questions of the form with what pickers and files show."""
        errors = {p.pointer: p.text for p in self.problems}
        found = forms.fields(self.form, self.asked, language(), errors, more)
        owned = {q.name: q.owner for q in self.joint.questions}
        for code, book in self.owners().items():
            mine = [f for f in found if owned.get(f.pointer.split("/")[1]) == code]
            plain = [f for f in mine if not f.declared]
            pickers.fill(plain, book, self.answers, request.POST, city_date(moment))
            if any(f.widget == "files" for f in mine):
                uploads.fill(mine, book, uploads.own(self.answers, book, self.entry.by))
        self.problems = pickers.reworded(self.problems, found)
        return found

    def groups(self, fields: list[forms.Field]) -> list[tuple[str, list[forms.Field]]]:
        """Return the questions under the service that asks them; first those of several."""
        shared = {q.name for q in self.joint.shared()}
        owned = {q.name: q.owner for q in self.joint.questions}
        made: dict[str, list[forms.Field]] = {"": []}
        for one in fields:
            name = one.pointer.split("/")[1]
            made.setdefault("" if name in shared else owned[name], []).append(one)
        books = self.joint.books
        return [
            (in_language(books[code].pack.name) if code else "", some)
            for code, some in made.items()
            if some
        ]


def form_page(
    request: HttpRequest, draft: Draft, moment: datetime.datetime, *, more: str = ""
) -> HttpResponse:
    """Return the form."""
    fields = [f for f in draft.questions(request, moment, more) if not f.declared]
    page = {
        **_page(draft),
        "groups": draft.groups(fields),
        "count": len(fields),
        "problems": draft.problems,
        "removable": True,
        "asks_now": draft.asks_now,
        "resumed": draft.resumed,
        "has_files": any(f.widget == "files" for f in fields),
    }
    status = 409 if draft.has_changed else 422 if draft.problems else 200
    return render(request, "portal/bundles/form.html", page, status=status)


@dataclass(slots=True)
class Ahead:
    """What is said of one step on the check page; ``preview``: of those that wait for none."""

    code: str
    name: str
    sheet: sheets.Sheet
    after: list[str]
    preview: precheck.Preview | None = None


def check_page(
    request: HttpRequest, draft: Draft, moment: datetime.datetime, status: int = 200
) -> HttpResponse:
    """Return the answers to be checked, with what is known before they are handed in."""
    on, joint = city_date(moment), draft.joint
    found = {
        code: _precheck(draft, code, moment)
        for code, book in joint.books.items()
        if not joint.after(code) or book.pack.materials
    }
    if asks := _asking(request, draft, found, moment):
        return asks
    fields = draft.questions(request, moment)
    for code, one in found.items():
        if one is not None:
            mine = {q.name for q in joint.questions if q.owner == code}
            some = [f for f in fields if f.pointer.split("/")[1] in mine]
            pickers.name_places(some, joint.books[code], one.answers)
    instant = catalogue.automatic(joint.books.values())
    steps = []
    for code, book in joint.books.items():
        one = found.get(code)
        steps.append(
            Ahead(
                code=code,
                name=in_language(book.pack.name),
                sheet=sheets.sheet(book, on, instant=instant[book.code]),
                after=[in_language(joint.books[name].pack.name) for name in joint.after(code)],
                preview=precheck.preview(book, one) if one and not joint.after(code) else None,
            )
        )
    page = {
        **_page(draft),
        "groups": draft.groups([f for f in fields if not f.declared]),
        "declarations": [f for f in fields if f.declared],
        "hidden": list(forms.hidden(joint.schema, draft.answers)),
        "steps": steps,
        "applicant": draft.entry.line,
        "key": uuid.uuid4().hex,
        "problems": draft.problems,
        "earlier": draft.earlier,
        "by_person": draft.by_person,
    }
    return render(request, "portal/bundles/check.html", page, status=status)


def _page(draft: Draft) -> Mapping[str, Any]:
    return {
        "bundle": draft.joint.bundle,
        "name": in_language(draft.joint.bundle),
        "entry": draft.entry,
        "form_id": switching.FORM,
        "shown": sign(draft.joint),
        "blocks": " ".join(forms.blocks(draft.form)),
        "materials": " ".join(dict.fromkeys(draft.materials)),
        "by_person": draft.by_person,
        "has_changed": draft.has_changed,
    }


def _precheck(draft: Draft, code: str, moment: datetime.datetime) -> Precheck | None:
    """Judge a step as it would be handed in now; None where it takes what is not there yet."""
    joint, today = draft.joint, city_date(moment)
    book = joint.books[code]
    if joint.bundle.steps[code].applicant or joint.taken_by(code):
        return None
    answers = forms.declared(book.form, joint.answers_of(code, draft.asked))
    try:
        answers = schema.validate(book, answers, protect=protection.protect, on=today)
    except schema.Invalid:
        return None
    return prechecks.precheck(
        planned=prechecks.Planned(book, draft.entry.applicant, answers, today),
        whole=False,
        purpose=f"precheck:{book.code}",
        by=draft.entry.by,
        now=moment,
    )


def _asking(
    request: HttpRequest,
    draft: Draft,
    found: Mapping[str, Precheck | None],
    moment: datetime.datetime,
) -> HttpResponse | None:
    """Return the form once more where what the registries say asks for files; None where not."""
    new = [
        name
        for code, one in found.items()
        if one is not None and draft.joint.books[code].pack.materials
        for name in uploads.found_out(draft.joint.books[code], one)
        if name not in draft.materials and name not in draft.answers
    ]
    if not new:
        return None
    draft.materials = (*draft.materials, *new)
    draft.open(city_date(moment))
    draft.asks_now = True
    return form_page(request, draft, moment)
