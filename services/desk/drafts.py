"""Drafts at the desk: the list, a new one, one draft with what can be done to it."""

from __future__ import annotations

import datetime
import difflib
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from city import source as sources
from city.errors import SourceError
from ledger.clock import city_date, now
from people import actors, posted, roles
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from people.readonly import Page
from services import catalogue, drafts
from services.desk import live, sections
from services.desk.examined import examined, in_words, placed
from services.drafts import Version
from services.editing.fields import SECTIONS
from services.models import Draft, DraftState, Edition, Service
from services.pack.types import day
from services.proposal_contents import tried
from services.rule_pages import difference_in_words
from services.rulebook import Rulebook

LIST = "admin:services_draft_changelist"
ONE = "admin:services_draft_change"


def officer(request: HttpRequest) -> Actor:
    return actors.officer(cast(User, request.user))


def may_change(request: HttpRequest, draft: Draft) -> bool:
    """Whether whoever reads the page may change the draft on it."""
    by = officer(request)
    return by.role in roles.POLICIES and draft.author == str(by) and draft.state == DraftState.OPEN


class DraftAdmin(Page):
    """Whoever keeps or reads rules sees drafts; a policy officer changes their own."""

    roles = roles.RULES
    list_display = ("shown_name", "shown_author", "state", "base", "changed_at")
    list_filter = ("state",)
    list_select_related = ("base", "service")
    search_fields = ("service__code", "author")
    ordering = ("-changed_at",)
    change_list_template = "admin/services/drafts.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("source", "base__source")

    def get_urls(self) -> list[Any]:
        def view(one: Any) -> Any:
            return self.admin_site.admin_view(one)

        made = [
            ("begin/", self.begin_view, "begin"),
            ("<int:draft>/do/", self.do_view, "do"),
            ("<int:draft>/pack.yaml", self.file_view, "file"),
            ("<int:draft>/edit/<slug:section>/", self.section_view, "section"),
            ("<int:draft>/live/<slug:section>/", self.live_view, "live"),
            ("<int:draft>/complete/", self.complete_view, "complete"),
        ]
        ours = [path(route, view(one), name=f"services_draft_{name}") for route, one, name in made]
        return [*ours, *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    @display(description=_("Draft"))
    def shown_name(self, draft: Draft) -> str:
        return " ".join((draft.service_id, "·", gettext("Draft"), str(draft.pk)))

    @display(description=_("author"), ordering="author")
    def shown_author(self, draft: Draft) -> str:
        return draft.author.removeprefix("officer:")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = officer(request).role in roles.POLICIES
        more = {"title": gettext("Drafts of rules"), "may_begin": may}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def begin_view(self, request: HttpRequest) -> HttpResponse:
        """Begin a draft: with the edition in force, another draft's text, or a pack handed in."""
        if officer(request).role not in roles.POLICIES:
            raise PermissionDenied
        problem, status = "", 200
        if request.method == "POST":
            try:
                posted.require_each_once(request.POST)
                draft = self._begun(request)
                return redirect("admin:services_draft_section", draft.pk, "parameters")
            except ActionRejected as error:
                problem, status = in_language(error), error.status
        services = Service.objects.filter(editions__isnull=False).distinct().order_by("code")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Begin a draft"),
            "services": [(service.code, _named(service.code)) for service in services],
            "chosen": request.POST.get("service", request.GET.get("service", "")),
            "typed": request.POST.get("text", "")[: sources.BYTES],
            "problem": problem,
        }
        return TemplateResponse(request, "admin/services/draft_begin.html", context, status=status)

    def _begun(self, request: HttpRequest) -> Draft:
        by, moment = officer(request), now()
        if handed_in := request.FILES.get("file"):
            return drafts.begin(_decoded(handed_in), by=by, now=moment)
        if text := request.POST.get("text", "").replace("\r\n", "\n"):
            return drafts.begin(text, by=by, now=moment)
        copied = request.POST.get("draft", "")
        if copied.isascii() and copied.isdigit() and len(copied) < 12:
            found = Draft.objects.filter(pk=int(copied)).select_related("base").first()
            if found is None:
                raise Http404
            return drafts.begin(found.source, by=by, now=moment, base=found.base)
        service = request.POST.get("service", "")
        return drafts.open_edition(service, by=by, now=moment, today=city_date(moment))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        draft = cast(Draft, self.found(request, object_id))
        return self._page(request, draft)

    def _page(
        self, request: HttpRequest, draft: Draft, problem: str = "", status: int = 200
    ) -> HttpResponse:
        found = examined(draft.source, f"{draft.service_id}.yaml")
        live_edition = catalogue.current(draft.service_id, city_date(now()))
        context = {
            **self.context(request, draft),
            "board": placed(found.faults, "", {}),
            "remarks": found.remarks,
            "diff": _difference(draft.base or live_edition, draft),
            "words": _in_words(draft.base or live_edition, found.book),
            "trials": tried(draft.service_id, found.book.hash, found.book) if found.book else [],
            "texts": list(draft.texts.order_by("-version").defer("source")[:200]),
            "later": _later(draft, found.book.pack.in_force_from if found.book else None),
            "problem": problem,
            "typed": request.POST,
        }
        return TemplateResponse(request, "admin/services/draft.html", context, status=status)

    def context(self, request: HttpRequest, draft: Draft) -> dict[str, Any]:
        """What every page of a draft shows of it."""
        by = officer(request)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "draft": draft,
            "title": " ".join((_named(draft.service_id), "·", gettext("Draft"), str(draft.pk))),
            "service": _named(draft.service_id),
            "sections": [(name, in_words(words)) for name, words in SECTIONS.items()],
            "may_change": may_change(request, draft),
            "may_take_over": by.role in roles.POLICIES
            and draft.author != str(by)
            and draft.state == DraftState.OPEN,
            "may_copy": by.role in roles.POLICIES,
            "sees_trials": by.role in roles.TRIALS,
        }  # fmt: skip

    def do_view(self, request: HttpRequest, draft: int) -> HttpResponse:
        """Restore, take over, drop, or send for review: one button of the page of a draft."""
        found = self._draft(request, draft)
        if officer(request).role not in roles.POLICIES:
            raise PermissionDenied
        if request.method != "POST":
            return redirect(ONE, draft)
        try:
            posted.require_each_once(request.POST)
            said = self._done(request, Version(draft, posted.version(request.POST)))
        except ActionRejected as error:
            found = self._draft(request, draft)
            return self._page(request, found, in_language(error), error.status)
        except SourceError as error:
            return self._page(request, found, f"{error.line}: {in_language(error)}", 422)
        self.message_user(request, said)
        return redirect(ONE, draft)

    def _done(self, request: HttpRequest, version: Version) -> str:
        by, moment, form = officer(request), now(), request.POST
        match form.get("do", ""):
            case "restore":
                earlier = form.get("earlier", "")
                is_number = earlier.isascii() and earlier.isdigit() and len(earlier) < 10
                number = int(earlier) if is_number else 0
                drafts.restore(version, number, by=by, now=moment)
                return gettext("The earlier text is there again.")
            case "take_over":
                drafts.take_over(version, form.get("reason", ""), by=by, now=moment)
                return gettext("It is your draft now.")
            case "drop":
                drafts.drop(version, by=by, now=moment)
                return gettext("The draft was dropped. Its texts can still be read.")
            case "propose":
                until = day(form.get("until", ""))
                proposal = drafts.send_for_review(version, by=by, now=moment, until=until)
                return gettext("Sent for review as proposal %(number)s.") % {"number": proposal.pk}
        raise ActionRejected("unknown", "没有这一操作", "There is no such button.", status=422)

    def file_view(self, request: HttpRequest, draft: int) -> HttpResponse:
        """The text as a file, byte for byte as it is kept."""
        found = self._draft(request, draft)
        response = HttpResponse(found.source.encode(), content_type="application/yaml")
        name = f"{found.service_id}.yaml"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def section_view(self, request: HttpRequest, draft: int, section: str) -> HttpResponse:
        found = self._draft(request, draft)
        if section not in SECTIONS:
            raise Http404
        return sections.view(request, found, section, self.context(request, found))

    def live_view(self, request: HttpRequest, draft: int, section: str) -> HttpResponse:
        found = self._draft(request, draft)
        if section not in SECTIONS or request.method != "POST":
            raise Http404
        return live.view(request, found, section)

    def complete_view(self, request: HttpRequest, draft: int) -> HttpResponse:
        found = self._draft(request, draft)
        if request.method != "POST":
            raise Http404
        return live.complete(request, found)

    def _draft(self, request: HttpRequest, draft: int) -> Draft:
        return cast(Draft, self.found(request, str(draft)))


def _named(service: str) -> str:
    """The name of a service as people read it; its code, before it has an edition."""
    latest = Edition.objects.filter(service=service).order_by("-number").first()
    return in_language(catalogue.rulebook(latest).pack.name) if latest else service


def _decoded(file: Any) -> str:
    """The text of a file that was handed in; raises ``ActionRejected`` where it is none."""
    data = file.read(sources.BYTES + 1)
    try:
        return str(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        if len(data) > sources.BYTES:
            return str(data.decode("utf-8", "replace"))  # too long, which is said of it
        zh = "文件不是 UTF-8 编码（也许是 GBK），请另存为 UTF-8"
        en = "The file is not in UTF-8 (in GBK perhaps): save it as UTF-8."
        raise ActionRejected("not_utf8", zh, en, status=422, field="/file") from error


def _difference(base: Edition | None, draft: Draft) -> list[tuple[str, str]]:
    """A unified diff of the edition and the draft: (kind of the line, the line)."""
    if base is None:
        return []
    before, after = base.source.splitlines(), draft.source.splitlines()
    lines = difflib.unified_diff(before, after, str(base), str(draft), lineterm="")
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in lines]


def _in_words(base: Edition | None, book: Rulebook | None) -> dict[str, Any] | None:
    """What the draft says otherwise; None where there is nothing to compare, or it has faults."""
    if base is None or book is None:
        return None
    day = max(book.in_force_from, city_date(now()))
    return difference_in_words(catalogue.rulebook(base), book, day)


def _later(draft: Draft, start: datetime.date | None) -> datetime.date | None:
    """The day on which an edition that is published already would take over from the draft."""
    if start is None:
        return None
    rows = Edition.objects.filter(service=draft.service_id, in_force_from__gt=start)
    found = rows.order_by("in_force_from").first()
    return found.in_force_from if found else None
