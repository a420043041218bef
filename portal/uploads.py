"""Files in a form: taken as they come, listed, taken out again; asked for where nothing else helps.

A file is stored when the page with it is posted, by whatever button, and from then on the form
names it by its hash: it stays through faults, another language, a saved draft and a new log-in.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from affairs import drafts
from approvals import queries as approvals
from approvals.actions.materials import many
from approvals.actions.prechecks import Precheck
from approvals.models import Application
from approvals.records import attached
from approvals.records.correction import Opened
from approvals.rows.disputes import MOST_FILES
from materials import queries
from materials.actions import Upload, keep
from materials.content import IMAGES, LARGEST, MEDIA_TYPES, Kind
from people.actors import Actor
from people.errors import ActionRejected
from people.language import language
from portal.problems import Problem, sentence
from portal.questions import Field
from services import materials
from services.inputs import read_inputs
from services.pack.model import MaterialSpec
from services.rulebook import Rulebook

ASKED = "materials"  # of a page: the questions with files that it was shown with
_ENDINGS = {Kind.PDF: ".pdf", Kind.JPEG: ".jpg,.jpeg", Kind.PNG: ".png", Kind.OFD: ".ofd"}


def posted(
    request: HttpRequest, sent: QueryDict, book: Rulebook, by: Actor, moment: datetime.datetime
) -> tuple[QueryDict, list[Problem]]:
    """Store the files that were sent, and return the form with their hashes among its answers.

    A file that is refused is named in the problems, and nothing else is lost by it.
    """
    specs = book.pack.materials
    if not specs:
        return sent, []
    problems: list[Problem] = []
    form = sent.copy()
    for name, one in specs.items():
        pointer = f"/{name}"
        files = _files(request, pointer)
        kept = [digest for digest in dict.fromkeys(sent.getlist(pointer)) if digest]
        if (dropped := sent.get("drop", "")).startswith(f"{pointer}="):
            digest = dropped.partition("=")[2]
            kept = [one for one in kept if one != digest]
            others = {d for other in specs if other != name for d in sent.getlist(f"/{other}")}
            drafts.drop_files({digest} - others, by=by, but=(book.code, pointer))
        most = book.form["properties"][name]["maxItems"]
        for file in files:
            try:
                if len(kept) >= most:
                    raise many(most)
                kept.append(_keep(file, one, by, moment))
            except ActionRejected as error:
                problems.append(_problem(book, name, file.name or "", error))
        if pointer in sent or files:
            form.setlist(pointer, list(dict.fromkeys(kept)))
    return form, problems


def _files(request: HttpRequest, pointer: str) -> list[UploadedFile]:
    """Return what was chosen; a browser sends a file without a name where nothing was."""
    return [file for file in request.FILES.getlist(pointer) if file.name]


def _keep(file: UploadedFile, one: MaterialSpec, by: Actor, moment: datetime.datetime) -> str:
    upload = Upload(file.read(), file.name or "", one.kinds, one.megabytes * 1_000_000)
    return keep(upload=upload, by=by, now=moment).sha256


def with_dispute(
    request: HttpRequest, by: Actor, moment: datetime.datetime, but: tuple[str, str]
) -> tuple[tuple[str, ...], list[Problem]]:
    """Store the files that were sent with a dispute; return all that it names, by hash.

    ``but``: the service and fact, of a form. A file that is refused is named in the problems.
    """
    kept = [digest for digest in dict.fromkeys(request.POST.getlist("files")) if digest]
    if removed := request.POST.get("remove", ""):
        kept = [digest for digest in kept if digest != removed]
        drafts.drop_files({removed}, by=by, but=but)
    problems: list[Problem] = []
    for file in _files(request, "files"):
        upload = Upload(file.read(), file.name or "", tuple(Kind), LARGEST)
        try:
            if len(kept) >= MOST_FILES:
                raise many(MOST_FILES)
            kept.append(keep(upload=upload, by=by, now=moment).sha256)
        except ActionRejected as error:
            text = error.en if language() == "en" else error.zh
            name = (file.name or "")[-40:]
            problems.append(Problem("", sentence(name, text) if name else text, "files"))
    return tuple(dict.fromkeys(kept)), problems


def _problem(book: Rulebook, name: str, file: str, error: ActionRejected) -> Problem:
    node = book.form["properties"][name]
    text = error.en if language() == "en" else error.zh
    label = str(node.get(f"x-{language()}", name))
    anchor = Field(f"/{name}", label, "", "files", False).id
    return Problem(f"/{name}", sentence(label, f"{file[-40:]}: {text}" if file else text), anchor)


def asked(request: HttpRequest, book: Rulebook) -> tuple[str, ...]:
    """Return the questions with files that the page asks: always, or since something is known."""
    if not book.pack.materials:
        return ()
    before = request.POST.get(ASKED, "").split()
    named = (*materials.always_asked(book), *before)
    return tuple(name for name in book.pack.materials if name in named)


def of_return(application: Application, book: Rulebook, opened: Opened) -> tuple[str, ...]:
    """Return the questions with files that a correction asks: opened, or by what is known."""
    if not book.pack.materials:
        return ()
    by_officer = {part[1:] for part in opened or ()}
    decision = approvals.latest_decision(application)
    known = materials.asked(book, read_inputs(book, decision.inputs)) if decision else ()
    names = {*by_officer, *known, *materials.always_asked(book)}
    return tuple(name for name in book.pack.materials if name in names)


def found_out(book: Rulebook, found: Precheck) -> tuple[str, ...]:
    """Return the questions with files that are asked by what the registries say now."""
    return materials.asked(book, found.verdict.inputs)


def with_asked(form: dict[str, Any], book: Rulebook, names: Collection[str]) -> dict[str, Any]:
    """Return a form without the questions with files that nobody need answer."""
    left_out = set(book.pack.materials.keys() - set(names))
    if not left_out:
        return form
    # and what may be signed in their place
    left_out |= {s.name for s in book.program.stand_ins if s.question in left_out} - set(names)
    kept = {name: node for name, node in form["properties"].items() if name not in left_out}
    return {**form, "properties": kept}


def open_to(fields: Iterable[Field], book: Rulebook, names: Sequence[str]) -> list[Field]:
    """Return the questions without those for files that nobody need hand in, or sign for."""
    found = list(fields)
    shown = {f.name for f in found if f.widget == "files" and (f.answered or f.name in names)}
    boxes = {s.name: s.question for s in book.program.stand_ins}
    return [
        f
        for f in found
        if (f.widget != "files" or f.name in shown)
        and (f.name not in boxes or f.answered or boxes[f.name] in shown)
    ]


def fill(fields: Iterable[Field], book: Rulebook, own: Mapping[str, Any]) -> None:
    """Give questions with files what they show. ``own``: the files by their hash."""
    for field in fields:
        if field.widget != "files":
            continue
        one = book.pack.materials[field.name]
        kinds = [Kind(kind) for kind in one.kinds]
        field.accept = accepted(kinds)
        field.camera = Kind.JPEG in kinds
        field.limits = limits(kinds, one.megabytes)
        digests = field.value if isinstance(field.value, list) else []
        rows = [own.get(str(digest)) for digest in digests]
        field.files = [queries.shown(row) for row in rows if row is not None]


def accepted(kinds: Iterable[Kind]) -> str:
    """Return what a browser offers to choose from."""
    types = [MEDIA_TYPES[kind] for kind in kinds if kind in IMAGES]
    return ",".join([*(_ENDINGS[kind] for kind in kinds), *types])


def limits(kinds: Iterable[Kind], megabytes: int) -> str:
    names = (", " if language() == "en" else "、").join(kind.upper() for kind in kinds)
    values = {"kinds": names, "megabytes": megabytes}
    return gettext("%(kinds)s; each file %(megabytes)d MB at most.") % values


def own(answers: Mapping[str, Any], book: Rulebook, by: Actor) -> dict[str, Any]:
    """Return the files that answers name and ``by`` has stored; no query where none is named."""
    named = materials.listed(book, answers) if book.pack.materials else {}
    return dict(queries.own({d for files in named.values() for d in files}, by))


def of_case(
    application: Application, answers: Mapping[str, Any], book: Rulebook, by: Actor
) -> dict[str, Any]:
    """Return the same of a correction, with the files that the case has, whoever stored them."""
    found = own(answers, book, by)
    for row in attached.of_case(application, book):
        found[row.material.sha256] = row.material
    return found
