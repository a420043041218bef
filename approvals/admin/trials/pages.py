"""The pages of trials: the list, the order, one trial with its progress and result, one case."""

import datetime
from typing import Any, cast

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals.admin.trials import case, figures
from approvals.progress import wake
from approvals.records.grouping import UNKNOWN
from approvals.trials import ordering, running
from city.errors import SourceError
from ledger.clock import city_date, now
from people import actors, posted, roles, traces
from people.errors import ActionRejected
from people.language import in_language
from people.models import Reading, User
from people.readonly import Page, reader
from services import boundaries, catalogue, trial_results, trials
from services.edition import draft
from services.models import Draft, Proposal, Trial, TrialFlip, TrialKind, TrialState
from services.models.trials import ENDED

LIST = "admin:services_trial_changelist"
CASES = 20  # of a page
SAME = 5  # drafts and proposals of one text
FILE = "draft.yaml"


class TrialAdmin(Page):
    """What a draft would have done to past cases: counts, and for fewer people its cases."""

    roles = roles.TRIALS
    list_display = (
        "shown_service",
        "first_day",
        "last_day",
        "shown_state",
        "cases",
        "flips",
        "asked_at",
    )
    list_display_links = ("shown_service",)
    ordering = ("-asked_at",)
    change_list_template = "admin/approvals/trials/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trial]:
        rows: QuerySet[Trial] = super().get_queryset(request)
        return rows.defer("document")

    def get_urls(self) -> list[Any]:
        order = self.admin_site.admin_view(self.order_view)
        progress = self.admin_site.admin_view(self.progress_view)
        one = self.admin_site.admin_view(self.case_view)
        return [
            path("order/", order, name="services_trial_order"),
            path("<uuid:trial>/progress/", progress, name="services_trial_progress"),
            path("<uuid:trial>/cases/<int:place>/", one, name="services_trial_case"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"title": gettext("Trials of drafts"), "may_order": _may_order(request)}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def order_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a draft and days of receipt; what was typed stays when it is refused."""
        if not _may_order(request):
            raise Http404
        source = _source(request)
        text = request.POST.get("text", source.source if source else "").replace("\r\n", "\n")
        context: dict[str, Any] = {"text": text, **_named(source), **_days(request, text)}
        if request.method == "POST" and "order" in request.POST:
            try:
                posted.require_each_once(request.POST)
                trial = ordering.order(
                    text=text,
                    first_day=_day(context["first_day"], "/first_day"),
                    last_day=_day(context["last_day"], "/last_day"),
                    by=actors.officer(cast(User, request.user)),
                    now=now(),
                )
            except SourceError as error:
                context["faults"] = error.all()
            except ActionRejected as error:
                context |= {"problem": in_language(error), "field": error.field}
            else:
                wake.tasks("approvals.trial", trial=[str(trial.pk)])
                return redirect("admin:services_trial_change", trial.pk)
        refused = "faults" in context or "problem" in context
        return self._answer(
            request, "order", gettext("Try a draft on past cases"), context, 422 if refused else 200
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        trial = cast(Trial, self.found(request, object_id))
        context = {
            "trial": trial,
            "service": _name(trial),
            **_progress(trial),
            **_same_text(trial, reader(request).role),
        }
        if trial.state == TrialState.FINISHED:
            context |= self._result(request, trial)
        return self._answer(request, "trial", f"{_name(trial)} {trial.first_day}", context)

    def _result(self, request: HttpRequest, trial: Trial) -> dict[str, Any]:
        live, after = running.books(trial)
        found: dict[str, Any] = {
            "moves": trial_results.moves(trial, live, after),
            "breakdowns": list(figures.breakdowns(trial)),
            "unheld": list(trial.remarks.get("unheld", {}).items()),
            "alone": sum(trial.remarks.get("alone", {}).values()),
            "standing": _standing(trial),
            "is_boundary": trial.kind == TrialKind.BOUNDARY,
            "middle": figures.MIDDLE,
        }
        if trial.kind == TrialKind.BOUNDARY and live is None:
            found["boundaries"] = boundaries.boundaries(after)
        if reader(request).role in roles.TRIAL_CASES:
            places = range(1, trial.flips + 1)  # so that none need be counted, or passed over
            page = Paginator(places, CASES).get_page(request.GET.get("page"))
            rows = TrialFlip.objects.filter(trial=trial, place__in=list(page)).order_by("place")
            found |= {"page": page, "lines": [_line(flip) for flip in rows]}
        return found

    def progress_view(self, request: HttpRequest, trial: Any) -> HttpResponse:
        """How far it is, as a part of its page; the whole page is asked for anew at the end."""
        row = cast(Trial, self.found(request, str(trial)))
        response = self._answer(
            request, "progress", "", {"trial": row, "service": "", **_progress(row)}
        )
        if row.state in ENDED:
            response["HX-Refresh"] = "true"
        return response

    def case_view(self, request: HttpRequest, trial: Any, place: int) -> HttpResponse:
        """One case that changes, masked; whoever opens it leaves a trace."""
        if reader(request).role not in roles.TRIAL_CASES:
            raise Http404
        row = cast(Trial, self.found(request, str(trial)))
        flip = TrialFlip.objects.filter(trial=row, place=place).first()
        if row.state != TrialState.FINISHED or flip is None:
            raise Http404
        if flip.application:
            traces.read_at_desk(request, Reading.Kind.CASE, flip.application)
        live, after = running.books(row)
        assert live is not None  # without one nothing changes
        context = {
            "trial": row,
            "flip": flip,
            "service": _name(row),
            "received": case.received(flip),
            "live": trial_results.outcome(flip.live),
            "after": trial_results.outcome(flip.draft),
            "groups": _groups(flip),
            "lines": case.compared(flip, live, after),
            "before": place - 1,
            "next": place + 1 if place < row.flips else 0,
        }
        return self._answer(request, "case", gettext("Case %(n)d") % {"n": place}, context)

    def _answer(
        self, request: HttpRequest, name: str, title: str, more: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        template = f"admin/approvals/trials/{name}.html"
        return TemplateResponse(request, template, {**context, **more}, status=status)

    @display(description=_("state"), ordering="state")
    def shown_state(self, trial: Trial) -> str:
        return str(TrialState(trial.state).label)

    @display(description=_("Service"))
    def shown_service(self, trial: Trial) -> str:
        return _name(trial)


def _may_order(request: HttpRequest) -> bool:
    return reader(request).is_active and reader(request).role in roles.POLICIES


def _source(request: HttpRequest) -> Draft | Proposal | None:
    """The draft or proposal whose text is to be tried, as a link names it."""
    for name, model in (("draft", Draft), ("proposal", Proposal)):
        key = request.GET.get(name, "")
        if key:
            is_key = key.isascii() and key.isdigit() and len(key) < 19
            found: Draft | Proposal | None = (
                model.objects.filter(pk=int(key)).first() if is_key else None
            )
            if found is None:
                raise Http404
            return found
    return None


def _named(source: Draft | Proposal | None) -> dict[str, Any]:
    """What the page of an order says of the draft or proposal that it came from."""
    if source is None:
        return {}
    if isinstance(source, Draft):
        name = " ".join((gettext("Draft"), str(source.pk)))
        page = "admin:services_draft_change"
    else:
        name = gettext("proposal %(number)s") % {"number": source.pk}
        page = "admin:services_proposal_change"
    return {"source_name": name, "source_link": reverse(page, args=[source.pk])}


def _same_text(trial: Trial, role: str) -> dict[str, Any]:
    """The drafts and proposals that have just the text of a trial, for whoever sees them."""
    drafts = Draft.objects.filter(service=trial.service_id, source=trial.source)
    proposals = Proposal.objects.filter(service=trial.service_id, hash=trial.hash)
    return {
        "drafts": drafts.order_by("pk")[:SAME] if role in roles.RULES else (),
        "proposals": proposals.order_by("pk")[:SAME] if role in roles.PROPOSALS else (),
    }


def _name(trial: Trial) -> str:
    book = catalogue.numbered(trial.service_id, 1)
    return in_language(book.pack.name) if book else trial.service_id


def _days(request: HttpRequest, text: str) -> dict[str, str]:
    """The days that were typed; else those that the city asks for."""
    first, last = trials.required("", "", now())
    try:
        read = draft(text, FILE, city=settings.CITY)
        first, last = trials.required(read.pack.service, read.digest(), now())
    except SourceError:
        pass  # said when it is ordered
    return {
        "first_day": request.POST.get("first_day") or str(first),
        "last_day": request.POST.get("last_day") or str(last),
        "today": str(city_date(now())),
    }


def _day(text: str, field: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        zh, en = f"不是日期：{text}", f"This is no day: {text}"
        raise ActionRejected("no_day", zh, en, status=422, field=field) from None


def _progress(trial: Trial) -> dict[str, Any]:
    counted = [
        (trial_results.outcome(before), trial_results.outcome(after), n)
        for before, after, n in trial.counted or []
    ]
    return {
        "is_open": trial.state not in ENDED,
        "share": min(100, trial.cases * 100 // trial.of) if trial.of else 0,
        "counted": counted,
        "refresh": reverse("admin:services_trial_progress", args=[trial.pk]),
    }


def _standing(trial: Trial) -> str:
    """Why its draft cannot be published by it; empty where it can, as far as trials go."""
    try:
        trials.standing(trial.service_id, trial.hash, now())
    except ActionRejected as rejected:
        return in_language(rejected)
    return ""


def _line(flip: TrialFlip) -> dict[str, Any]:
    return {
        "place": flip.place,
        "live": trial_results.outcome(flip.live),
        "draft": trial_results.outcome(flip.draft),
        "conditions": len(flip.changes),
        "groups": _groups(flip),
    }


def _groups(flip: TrialFlip) -> list[str]:
    if flip.facts is not None:
        return []  # generated: of nobody
    found = [figures.region_name(flip.region), figures.kind_name(flip.legal_kind)]
    return [*found, figures.age_name(flip.age)] if flip.age != UNKNOWN else found
