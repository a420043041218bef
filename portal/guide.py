"""The guide to a service (办事指南), all of it from the edition's pack and the city."""

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from city.model import Remedies
from people.language import in_language, language, listed
from portal import forms, sheets
from portal.sheets import Sheet, Source
from services.explain import span
from services.pack.supply import MaterialSource, is_open
from services.pack.validity import Validity
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Approval:
    """Another agency's part, which some applications need: its words, law and longest time."""

    name: str
    law: str
    term: str


@dataclass(frozen=True, slots=True)
class Spared:
    """A paper that was asked for before, and why it need not be brought, or how it comes."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Signable:
    """A commitment or promise that may be signed in place of a paper."""

    paper: str
    text: str
    law: str


@dataclass(frozen=True, slots=True)
class Guide:
    """What there is to know before one applies, in the reader's language.

    The materials by where they come from: ``fetched`` (免提交), ``compared`` with what was filled
    in (核验), ``declared`` (承诺), ``filled`` (in the form), and ``uploaded`` (需上传): files, only
    where no registry has what they show.
    """

    sheet: Sheet
    fetched: list[Source]
    compared: list[Source]
    declared: list[str]
    filled: list[str]
    uploaded: list[forms.Field]
    approvals: list[Approval]
    result: str  # what is issued; empty: the decision alone
    validity: str
    correct_within: str
    remedies: Remedies
    item_code: str
    for_others: bool  # a guardian or an agent may hand it in online
    for_enterprises: bool  # whoever acts for one hands it in
    spared: list[Spared]  # what used to be brought (材料来源)
    ways: str  # the ways in, in words; empty: the pack says nothing
    is_online: bool
    signable: list[Signable]  # what may be signed in place of papers


def guide(book: Rulebook, on: datetime.date, *, instant: bool) -> Guide:
    """Return the guide of an edition on a day; ``instant`` as in ``sheets.sheet``."""
    sheet = sheets.sheet(book, on, instant=instant)
    questions = forms.fields(book.form, {}, language())
    asked_of = {source.code: source for source in sheet.sources}
    of_applicant = [name for name, entry in book.pack.registries.items() if not entry.subject]
    kind, sources = book.certificate, book.pack.material_sources
    return Guide(
        sheet=sheet,
        fetched=[asked_of[name] for name in of_applicant],
        compared=[source for code, source in asked_of.items() if code not in of_applicant],
        declared=[f.label for f in questions if f.declared],
        filled=filled(book.form, {one.name for one in book.program.stand_ins}),
        uploaded=[f for f in questions if f.widget == "files"],
        approvals=[
            Approval(in_language(c), c.law, sheets.term(c.days, "working"))
            for c in book.pack.consents
        ],
        result=in_language(kind).replace("（样本）", "").replace(" (specimen)", "") if kind else "",
        validity=_validity(kind.valid) if kind else "",
        correct_within=sheets.term(book.pack.correct_within, "calendar"),
        remedies=settings.CITY.documents.remedies_of(book.office),
        item_code=book.pack.item_code or book.code,
        for_others=bool(book.pack.represented_by) and book.pack.applicant == "person",
        for_enterprises=book.pack.applicant == "enterprise",
        spared=[Spared(in_language(_words(one)), _why(book, one)) for one in sources],
        ways=listed(str(WAYS[way]) for way in book.pack.channels),
        is_online=is_open(book.pack, "portal"),
        signable=_signable(book),
    )


WAYS = {
    "online": gettext_lazy("online"),
    "counter": gettext_lazy("at a counter"),
    "post": gettext_lazy("by post"),
    "api": gettext_lazy("by an agency's program"),
}


def _words(one: MaterialSource) -> dict[str, str]:
    return {"zh": one.zh, "en": one.en}


def _why(book: Rulebook, one: MaterialSource) -> str:
    """Say what stands in place of a paper, or how it comes."""
    if one.by in ("sharing", "verification"):
        named = {"registry": in_language(_entry(book, one.named))}
        if one.by == "sharing":
            return gettext("not needed: %(registry)s has it") % named
        return gettext("not needed: checked with %(registry)s") % named
    if one.by == "commitment":
        return gettext("where it is asked for, you may sign a commitment instead")
    if one.by == "later":
        return gettext("where it is asked for, you may hand it in later")
    return gettext("to be handed in")


def _entry(book: Rulebook, code: str) -> dict[str, str]:
    entry = book.pack.registries[code]
    return {"zh": entry.zh, "en": entry.en}


def _signable(book: Rulebook) -> list[Signable]:
    lang, found = language(), []
    for one in book.program.stand_ins:
        box, node = book.form["properties"][one.name], book.form["properties"][one.question]
        text = str(box.get(f"x-hint-{lang}") or box[f"x-{lang}"])
        found.append(Signable(str(node[f"x-{lang}"]), text, str(box["x-law"])))
    return found


def filled(form: dict[str, Any], but: Collection[str] = ()) -> list[str]:
    """Return the names of what a form asks for, ``but`` some: of a list's records, the heading."""
    found: dict[str, None] = {}
    heading = ""
    for question in forms.fields(form, {}, language()):
        if question.declared or question.widget == "files" or question.name in but:
            continue
        block = question.pointer.count("/") > 1
        heading = question.group or heading
        found[re.sub(r" \d+$", "", heading) if block else question.label] = None
    return list(found)


def _validity(valid: str | Validity) -> str:
    if isinstance(valid, Validity):
        return in_language(valid)
    return span(valid, language()) if valid else gettext("without end")
