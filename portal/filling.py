"""A form while it is filled in: who does, what was answered so far, and the two pages of it."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from affairs import drafts
from approvals.actions import Applicant, Claim, Presence, Represents, prechecks
from approvals.actions.prechecks import Precheck
from approvals.models import Application
from ledger.clock import city_date
from people import identity, protection
from people.actors import Actor, Kind
from people.language import language
from portal import (
    disputes,
    divided,
    fees,
    forms,
    pickers,
    precheck,
    prefill,
    sheets,
    shown,
    switching,
    uploads,
)
from portal.divided import Part
from portal.problems import Problem, from_faults
from services import catalogue, schema
from services.difference import Difference
from services.filings import form_for
from services.pack.model import FILINGS
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Who fills in a form for whom, where its pages post to, and what they carry besides.

    ``done`` says where to go with what was handed in. ``head``: a template above the form.
    ``presence``: of whom comes to a counter; ``represents``: by which right for
    another. ``purpose``: of the look-ups for the form.
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
    represents: Represents | None = None
    words: Mapping[str, str] = field(default_factory=dict)  # of ``head``
    file_page: str = "portal:material"  # the address of a file that was handed in

    @property
    def is_own(self) -> bool:
        """Whether the applicant is who reads the pages, or the enterprise that they act for."""
        is_own = self.represents is None or self.by.enterprise != ""
        return self.by.kind is Kind.CITIZEN and is_own

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
    earlier: Application | None = None  # what this very page has led to before
    resumed: drafts.Saved | None = None  # what was filled in another day
    claims: tuple[Claim, ...] = ()  # what its owner calls wrong of what is known
    materials: tuple[str, ...] = ()  # the questions with files that are asked
    asks_now: bool = False  # for files, by what the registries have just said
    refused: list[Problem] = field(default_factory=list)  # files that were sent and not taken
    part: str = ""  # of a form in parts: the one that is shown
    seen: tuple[str, ...] = ()  # and those that were
    one_by_one: bool = False  # in 长辈版: one question a page

    @property
    def asked(self) -> dict[str, Any]:
        """The answers to what is asked now: another answer may have closed a question."""
        properties = self.form["properties"]
        found = {name: value for name, value in self.answers.items() if name in properties}
        if FILINGS in found:
            blocks = properties[FILINGS]["properties"]
            found[FILINGS] = {item: b for item, b in found[FILINGS].items() if item in blocks}
            if not found[FILINGS]:
                del found[FILINGS]
        return found

    @property
    def parts(self) -> list[Part]:
        return divided.parts(self.form, language(), one_by_one=self.one_by_one)

    def read(self, request: HttpRequest, moment: datetime.datetime) -> None:
        """Take what was posted; files are stored now."""
        sent = pickers.posted(request.POST)
        sent, self.refused = uploads.posted(request, sent, self.book, self.entry.by, moment)
        self.materials = uploads.asked(request, self.book)
        self.answers = forms.parse(self.book.form, sent, dropped=sent.get("drop", ""))
        self.part, self.seen = sent.get("part", ""), tuple(sent.get("seen", "").split())

    def open(self, on: datetime.date) -> None:
        """Let the form have what the answers open, and the questions with files that are asked."""
        form = form_for(self.book, self.answers, on)
        self.form = uploads.with_asked(form, self.book, (*self.materials, *self.answers))

    def faults(self, on: datetime.date, *, declared: bool = True) -> list[Problem]:
        """Return what is missing or wrong; with ``declared`` as if everything were."""
        answers = forms.declared(self.book.form, self.asked) if declared else self.asked
        try:
            schema.validate(self.book, answers, protect=protection.protect, on=on)
        except schema.Invalid as error:
            questions = forms.fields(self.form, self.asked, language())
            return from_faults(error.faults, questions)
        return []


def form_page(
    request: HttpRequest,
    draft: Draft,
    moment: datetime.datetime,
    *,
    first: bool = False,
    more: str = "",
) -> HttpResponse:
    """Return the form, or the part of it that ``draft`` is at; the rest is posted with it."""
    parts = draft.parts
    here = divided.named(parts, draft.part) if parts else None
    looks = here is None or here is parts[0]  # facts are looked up where they are shown
    known = _known(draft, moment) if looks else prefill.Prefill()
    values = known.answers(draft.form) if first else draft.answers
    errors = {p.pointer: p.text for p in draft.problems}
    questions = [
        f
        for f in forms.fields(draft.form, values, language(), errors, more)
        if not f.declared and (here is None or here.covers(f.pointer))
    ]
    _fill_files(questions, draft)
    pickers.fill(questions, draft.book, values, request.POST, city_date(moment))
    draft.problems = pickers.reworded(draft.problems, questions)
    page = {
        "sheet": sheets.sheet(draft.book, city_date(moment)),
        "fields": questions,
        "known": known,
        "blocks": _blocks(request, draft, here),
        "by_person": draft.by_person,
        "problems": draft.problems,
        "edition": shown.sign(draft.book),
        "entry": draft.entry,
        "form_id": switching.FORM,
        "differences": draft.differences,
        "resumed": draft.resumed,
        "claims": disputes.of_draft(draft.book, draft.claims, draft.entry.by),
        "parts": parts,
        "removable": True,
        "asks_now": draft.asks_now,
        "materials": " ".join(draft.materials),
        "has_files": any(f.widget == "files" for f in questions),
        "live": draft.entry.is_own and any(f.is_searched for f in questions),
    }
    if here is not None:
        page |= _of_part(draft, parts, here, city_date(moment))
    stale = draft.differences is not None and draft.resumed is None
    status = 409 if stale else 422 if draft.problems else 200
    return render(request, "portal/apply.html", page, status=status)


def _of_part(draft: Draft, parts: list[Part], here: Part, on: datetime.date) -> dict[str, Any]:
    """Return what only a part of a form shows: how far the others are, and their answers."""
    wrong = [problem.pointer for problem in draft.faults(on)]
    divided.mark(parts, seen=draft.seen, wrong=wrong, current=here.key)
    everything = forms.hidden(draft.book.form, draft.answers)
    return {
        "part": here,
        "seen": " ".join(dict.fromkeys((*draft.seen, here.key))),
        "hidden": [(name, text) for name, text in everything if not here.covers(name)],
    }


def _blocks(request: HttpRequest, draft: Draft, here: Part | None) -> str:
    """Return the blocks that the reader has seen, or sees now."""
    if here is None or FILINGS in here.names:
        return " ".join(forms.blocks(draft.form))
    return " ".join(request.POST.get("blocks", "").split())


def check_page(
    request: HttpRequest, draft: Draft, moment: datetime.datetime, status: int = 200
) -> HttpResponse:
    """Return the answers to be checked, with what is known before they are submitted."""
    whole = request.POST.get("look") == "all"
    found = _precheck(draft, moment, whole=whole)
    if found and draft.book.pack.materials and (asks := _asking(request, draft, found, moment)):
        return asks
    known = prefill.of_answers(draft.book, found.answers) if found else _known(draft, moment)
    errors = {p.pointer: p.text for p in draft.problems}
    questions = forms.fields(draft.form, draft.asked, language(), errors)
    if found:
        pickers.name_places(questions, draft.book, found.answers)
    _fill_files(questions, draft)
    preview = precheck.preview(draft.book, found) if found else None
    if preview is not None and draft.claims:
        preview.follows = prechecks.PERSON
    page = {
        "materials": " ".join(draft.materials),
        "sheet": sheets.sheet(
            draft.book,
            city_date(moment),
            instant=catalogue.automatic([draft.book])[draft.book.code],
            answers=draft.answers,
        ),
        "fields": [f for f in questions if not f.declared],
        "declarations": [f for f in questions if f.declared],
        "hidden": list(forms.hidden(draft.book.form, draft.answers)),
        "groups": _groups(draft, questions),
        "seen": " ".join(draft.seen),
        "blocks": " ".join(forms.blocks(draft.form)),
        "applicant": draft.entry.line,
        "known": known,
        "fee": fees.due(draft.book, draft.answers, city_date(moment)),
        "preview": preview,
        "whole": whole,
        "key": uuid.uuid4().hex,
        "by_person": draft.by_person,
        "consent": draft.consent,
        "problems": draft.problems,
        "edition": shown.sign(draft.book),
        "entry": draft.entry,
        "form_id": switching.FORM,
        "differences": draft.differences,
        "earlier": draft.earlier,
        "earlier_address": draft.entry.done(draft.earlier) if draft.earlier else "",
        "claims": disputes.of_draft(draft.book, draft.claims, draft.entry.by),
        "claims_shown": disputes.digest(draft.claims),
        "consent_missing": any(p.target == "consent" for p in draft.problems),
    }
    return render(request, "portal/check.html", page, status=status)


def _asking(
    request: HttpRequest, draft: Draft, found: Precheck, moment: datetime.datetime
) -> HttpResponse | None:
    """Return the form once more where the registries' answers ask for files; None where not.

    It says why; whoever goes on without them may.
    """
    before, draft.materials = draft.materials, uploads.found_out(draft.book, found)
    draft.open(city_date(moment))
    new = [name for name in draft.materials if name not in before and name not in draft.answers]
    if not new:
        return None
    draft.part = new[0] if not draft.parts else _part_of(draft.parts, new[0])
    draft.asks_now = True
    return form_page(request, draft, moment)


def _part_of(parts: list[Part], name: str) -> str:
    return next((part.key for part in parts if part.covers(f"/{name}")), "")


def _fill_files(questions: list[forms.Field], draft: Draft) -> None:
    """Say which files are there already; no query where nothing is asked of the kind."""
    if any(f.widget == "files" for f in questions):
        own = uploads.own(draft.answers, draft.book, draft.entry.by)
        uploads.fill(questions, draft.book, own)


def _groups(draft: Draft, questions: list[forms.Field]) -> list[tuple[Part, list[forms.Field]]]:
    """Return the answers by part; nothing where a part is one question, or the form one page."""
    parts = [part for part in draft.parts if not part.is_question]
    return [(p, [f for f in questions if p.covers(f.pointer)]) for p in parts]


def _precheck(draft: Draft, moment: datetime.datetime, *, whole: bool) -> Precheck | None:
    """Judge what is filled in as if it were declared; None where it does not fit the form."""
    entry, today = draft.entry, city_date(moment)
    answers = forms.declared(draft.book.form, draft.asked)
    try:
        answers = schema.validate(draft.book, answers, protect=protection.protect, on=today)
    except schema.Invalid:
        return None
    purpose = "precheck" if entry.is_own else entry.purpose
    return prechecks.precheck(
        planned=prechecks.Planned(draft.book, entry.applicant, answers, today),
        whole=whole,
        purpose=f"{purpose}:{draft.book.code}",
        by=entry.by,
        now=moment,
    )


def _known(draft: Draft, moment: Any) -> prefill.Prefill:
    entry = draft.entry
    number, purpose = entry.applicant.number, f"{entry.purpose}:{draft.book.code}"
    return prefill.read(draft.book, number, purpose=purpose, by=entry.by, now=moment)
