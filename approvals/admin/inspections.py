"""Inspections after approval at the desk: the list of what is to be looked at, and one of them."""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals import actions, policies, queries
from approvals.admin.casefile import undertakings
from approvals.admin.concealed import concealed
from approvals.admin.sampling.shown import Shown, problem_of, user_of
from approvals.models import Application, Inspection
from approvals.rows.undertakings import InspectionResult
from certificates.queries import live_for
from ledger.clock import now
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import language
from people.models import Reading, User
from people.traces import read_at_desk
from services import catalogue

PAGE = "admin:approvals_inspection"


class InspectionAdmin(Shown):
    """Whoever sees the cases of an office sees its inspections; a clerk records what was found."""

    roles = roles.INSPECTIONS
    list_display = ("shown_case", "shown_service", "shown_cause", "shown_day", "shown_result")
    ordering = ("-done_at", "due_at", "id")  # what is open first: PostgreSQL's nulls
    list_filter = ("cause", "result")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inspection]:
        seen = queries.visible_to(actors.officer(user_of(request)))
        rows = Inspection.objects.filter(application__in=seen).order_by(*self.ordering)
        return rows.select_related("application")

    @display(description=_("Reference"))
    def shown_case(self, row: Inspection) -> str:
        return row.application.number

    @display(description=_("Service"))
    def shown_service(self, row: Inspection) -> str:
        return catalogue.rulebook(row.application.edition_id).pack.name[language()]

    @display(description=_("Cause"), ordering="cause")
    def shown_cause(self, row: Inspection) -> str:
        return str(row.get_cause_display())

    @display(description=_("At the latest"), ordering="due_at")
    def shown_day(self, row: Inspection) -> str:
        day: datetime.date = settings.CITY.calendar.date(row.due_at - datetime.timedelta(seconds=1))
        return day.isoformat()

    @display(
        description=_("Result"),
        label={"": "warning", "late": "danger", "passed": "success", "untrue": "danger"},
    )
    def shown_result(self, row: Inspection) -> tuple[str, Any]:
        if row.done_at is None and row.due_at <= now():
            return "late", _("Overdue")
        return row.result, row.get_result_display() if row.result else _("To be inspected")

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.action_view)
        return [path("<uuid:pk>/do/", act, name="approvals_inspection_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def action_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self.found(request, pk)
        if request.method != "POST":
            return redirect(f"{PAGE}_change", pk)
        form = request.POST
        try:
            posted.require_each_once(form)
            outcome = actions.Inspected(
                form.get("result", ""), form.get("reason", ""), _day(form.get("rectify_by", ""))
            )
            by = actors.officer(user_of(request))
            actions.inspect(key=row.pk, outcome=outcome, by=by, now=now())
        except ActionRejected as error:
            return self.page(request, self.found(request, pk), error)
        self.message_user(request, _("Recorded, and told to whom it was granted."))
        return redirect(f"{PAGE}_change", pk)

    def page(
        self, request: HttpRequest, row: Inspection, error: ActionRejected | None = None
    ) -> HttpResponse:
        case, user = row.application, user_of(request)
        read_at_desk(request, Reading.Kind.CASE, case.number)
        book = catalogue.rulebook(case.edition_id)
        spec, lang = book.pack.inspection, language()
        shown: dict[str, Any] = {
            "service": book.pack.name[lang],
            "applicant": case.applicant_name,
            "what": (spec.en if lang == "en" else spec.zh) if spec else "",
            "law": spec.law if spec else "",
            "signed": undertakings.signed(case, book),
            "row": undertakings.row_of(row),
        }
        if roles.reads_masked(user.role):
            shown = concealed(shown, frozenset({case.applicant_name}))
        issued = live_for(case.number)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": case.number,
            "problem": problem_of(error),
            "typed": request.POST if error else {},
            "number": case.number,
            "file": shown,
            "key": row.pk,
            "is_late": row.done_at is None and row.due_at <= now(),
            "may": row.done_at is None and _may_inspect(user, case),
            "results": InspectionResult.choices,
            "case_page": reverse("admin:approvals_application_change", args=[case.pk]),
            "certificate": reverse("admin:certificates_certificate_change", args=[issued.pk])
            if issued
            else "",
        }
        status = error.status if error else 200
        name = "admin/approvals/inspection.html"
        return TemplateResponse(request, name, context, status=status)


def _may_inspect(user: User, case: Application) -> bool:
    return policies.may_handle(actors.officer(user), case)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        return None
