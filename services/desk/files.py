"""Packs as files at the desk: taken as .xlsx, .dmn or .yaml, and handed in again."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from city.errors import SourceError
from ledger import clock
from people.actors import officer
from people.errors import ActionRejected
from people.language import language
from people.models import User
from services import catalogue, difference, drafts, publish, regressions
from services.edition import draft, load
from services.interchange import files
from services.interchange.files import FORMS, TYPES, Form
from services.models import Draft, Edition

LINES = 400  # of the difference of texts that are shown


@dataclass(slots=True)
class Found:
    """What was handed in: its faults, or the text that it says and what differs."""

    name: str
    faults: list[SourceError] = field(default_factory=list)
    text: str = ""
    base: Edition | None = None
    differences: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    is_cut: bool = False  # not all lines that differ are shown
    checked: list[SourceError] = field(default_factory=list)  # faults of the pack that it says


def edition_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """An edition as a file."""
    _require(request, "services.view_edition")
    edition = Edition.objects.filter(pk=pk).first()
    if edition is None or form not in FORMS:
        raise Http404
    book = catalogue.rulebook(edition)
    name = f"{edition.service_id}-v{edition.number}.{form}"
    return _file(form, files.write(form, edition.source, book.pack), name)


def draft_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """A draft as a file; one with faults as .yaml alone."""
    _require(request, "services.view_edition")
    found = Draft.objects.filter(pk=pk).first()
    if found is None or form not in FORMS:
        raise Http404
    name = f"{found.service_id}-draft{found.pk}.{form}"
    if form == "yaml":
        return _file("yaml", found.source.encode(), name)
    try:
        book = load(found.source, name, city=settings.CITY)
        data = files.write(form, found.source, book.pack)
    except SourceError as error:
        return _page(request, Found(name, list(error.all())), status=409)
    return _file(form, data, name)


def upload_view(request: HttpRequest) -> HttpResponse:
    """Read a file and show what it would change; then, on a second tap, begin a draft with it.

    Whoever sees editions takes files here; a policy officer hands them in.
    """
    _require(request, "services.view_edition")
    if request.method != "POST":
        return _page(request, None)
    if getattr(request.user, "role", "") != User.Role.POLICY:
        raise PermissionDenied
    if "begin" in request.POST:
        return _begin(request)
    handed: UploadedFile | None = request.FILES.get("file")
    name = (handed.name or "") if handed is not None else ""
    found = Found(name)
    if handed is None or not handed.size:
        zh, en = "请选择一个文件", "choose a file"
        found.faults.append(SourceError(name, 1, zh, en))
    else:
        _look(found, handed.read(files.LARGEST + 1))
    return _page(request, found, status=422 if found.faults else 200)


def _look(found: Found, data: bytes) -> None:
    """Read what was handed in, and compare it with the edition in force."""
    today = clock.city_date(clock.now())
    try:
        service = files.service_of(data, found.name)
        found.base = catalogue.current(service, today) or (
            Edition.objects.filter(service=service).order_by("-number").first()
        )
        if found.base is None and files.form_of(data) != "yaml":
            zh = f"没有事项 {service} 的版本；新事项请用 .yaml"
            en = f"there is no edition of {service!r}: a new service begins with a .yaml"
            raise SourceError(found.name, 1, zh, en)
        live = catalogue.rulebook(found.base) if found.base else None
        before = found.base.source if found.base else ""
        found.text = (
            files.read(data, found.name, before, live.pack)
            if live
            else files.decoded(data, found.name)
        )
    except SourceError as error:
        found.faults = list(error.all())
        return
    changed = list(difflib.unified_diff(before.splitlines(), found.text.splitlines(), n=1))[2:]
    found.lines, found.is_cut = changed[:LINES], len(changed) > LINES
    try:
        read = draft(found.text, found.name, city=settings.CITY)
        if live is not None:
            day = max(today, read.pack.in_force_from)
            words = difference.differences(live, read.rulebook(), day)
            found.differences = [one.en if language() == "en" else one.zh for one in words]
        publish.check(found.text, found.name)
        found.checked = regressions.faults(read)
    except SourceError as error:
        found.checked = list(error.all())


def _begin(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("text", "").replace("\r\n", "\n")
    base = request.POST.get("base", "")
    edition = Edition.objects.filter(pk=int(base)).first() if _is_key(base) else None
    by = officer(cast(User, request.user))
    try:
        made = drafts.begin(text, by=by, now=clock.now(), base=edition)
    except ActionRejected as error:
        found = Found("", [SourceError("", 1, error.zh, error.en)], text, edition)
        return _page(request, found, status=error.status)
    messages.success(request, _("Draft %(draft)s has begun.") % {"draft": made.pk})
    return redirect("admin:services_draft_change", made.pk)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _page(request: HttpRequest, found: Found | None, status: int = 200) -> HttpResponse:
    today = clock.city_date(clock.now())
    editions = (
        Edition.objects.filter(in_force_from__lte=today)
        .order_by("service", "-in_force_from", "-number")
        .distinct("service")
        .defer("source")
    )
    context = {
        **admin.site.each_context(request),
        "title": _("Packs as files"),
        "found": found,
        "editions": editions,
        "may_upload": getattr(request.user, "role", "") == User.Role.POLICY,
        "forms": FORMS,
    }
    return TemplateResponse(request, "admin/services/files.html", context, status=status)


def _file(form: Form, data: bytes, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=TYPES[form], headers=headers)


def _require(request: HttpRequest, permission: str) -> None:
    if not cast(Any, request.user).has_perm(permission):
        raise PermissionDenied
