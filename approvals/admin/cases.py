"""The queue and the page of one case. Nothing is added, deleted or edited here: actions do it."""

import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from approvals import policies, queries, words
from approvals.admin import buttons
from approvals.admin.backtest import backtest_view
from approvals.admin.casefile import casefile, confirmation
from approvals.admin.filters import (
    AgeFilter,
    HandFilter,
    OfficerFilter,
    ReasonFilter,
    RegionFilter,
    ServiceFilter,
    StateFilter,
    UrgencyFilter,
)
from approvals.models import Application
from approvals.states import FACES, RUNNING
from ledger.clock import city_date, now
from people import actors
from people.errors import ActionRejected
from people.language import language
from people.masking import masked
from people.models import Reading, User
from people.traces import Traced, read_at_desk
from services import catalogue

READERS = (*policies.HANDLERS, User.Role.AUDITOR)  # an auditor reads every case, masked


class CaseAdmin(Traced, ModelAdmin):
    list_display = (
        "shown_number",
        "shown_service",
        "shown_why",
        "shown_due",
        "shown_hand",
        "shown_state",
        "shown_contested",
    )
    list_filter = (
        StateFilter,
        HandFilter,
        UrgencyFilter,
        ServiceFilter,
        RegionFilter,
        OfficerFilter,
        AgeFilter,
        ReasonFilter,
    )
    list_filter_sheet = False
    search_fields = ("number",)
    search_help_text = _("Reference of a case")
    actions = None
    list_per_page = 50
    show_full_result_count = False
    ordering = (F("due_at").asc(nulls_last=True), "id")
    list_select_related = ("service", "edition", "taken_by")

    # who sees what: the office and region of the officer, for lists, pages, counts and search

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        seen = queries.visible_to(actors.officer(_user(request)))
        return seen.order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return request.user.is_active and request.user.role in READERS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    # the queue

    @display(description=_("Reference"), ordering="number")
    def shown_number(self, case: Application) -> str:
        return case.number

    @display(description=_("Service"), ordering="service")
    def shown_service(self, case: Application) -> str:
        return catalogue.rulebook(case.edition_id).pack.name[language()]

    @display(description=_("Why it is here"))
    def shown_why(self, case: Application) -> str:
        book = catalogue.rulebook(case.edition_id)
        return "; ".join(words.reasons(case.handover, book, case.as_of))

    @display(
        description=_("Deadline"),
        ordering="due_at",
        label={"over": "danger", "soon": "warning", "later": "success"},
    )
    def shown_due(self, case: Application) -> tuple[str, str] | str:
        if case.due_at is None or case.state not in RUNNING:
            return "–"
        left = (city_date(case.due_at - datetime.timedelta(seconds=1)) - city_date(now())).days
        if left < 0:
            return "over", ngettext("%(n)d day over", "%(n)d days over", -left) % {"n": -left}
        text = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
        return "soon" if left <= 2 else "later", text

    @display(description=_("In the hands of"), ordering="taken_by")
    def shown_hand(self, case: Application) -> str:
        return (case.taken_by.name or case.taken_by.username) if case.taken_by else "–"

    @display(
        description=_("State"),
        ordering="state",
        label={state: face.label_tone for state, face in FACES.items()},
    )
    def shown_state(self, case: Application) -> tuple[str, str]:
        return case.state, case.get_state_display()

    @display(description=_("What the applicant contests"))
    def shown_contested(self, case: Application) -> str:
        """The applicant's words, as far as a list shows them; an auditor's are masked."""
        if not case.contested:
            return "–"
        return masked(case.contested, [case.applicant_name])[:80]

    # the page of one case

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.action_view)
        backtest = self.admin_site.admin_view(backtest_view)
        pages = [
            path("<uuid:pk>/do/", act, name="approvals_application_do"),
            path("backtest/", backtest, name="approvals_application_backtest"),
        ]
        return pages + [u for u in super().get_urls() if u.name != "approvals_application_add"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self._case(request, object_id), move=request.GET.get("move", ""))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The history is on the page of the case."""
        return redirect("admin:approvals_application_change", object_id)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def action_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Take, release, approve, refuse, return or ask an agency: one action a POST.

        ``preview`` in place of ``action`` asks for the page that confirms it, ``edit`` leads back
        from there with what was typed.
        """
        case = self._case(request, str(pk))
        if request.method != "POST":
            return redirect("admin:approvals_application_change", pk)
        form, by = request.POST, actors.officer(_user(request))
        if "edit" in form:
            return self.page(request, case, typed=form, move=form["edit"])
        try:
            if "preview" in form:
                return self.confirmation(
                    request, case, *buttons.check(form, case, by=by, now=now())
                )
            done = buttons.press(form, case, by=by, now=now())
        except ActionRejected as error:
            move = form.get("preview") or form.get("action", "")
            return self.page(request, self._case(request, str(pk)), error, form, move)
        self.message_user(request, done)
        return redirect("admin:approvals_application_change", pk)

    def _case(self, request: HttpRequest, object_id: str) -> Application:
        if not self.has_view_permission(request):
            raise Http404
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        return case

    def page(
        self,
        request: HttpRequest,
        case: Application,
        error: ActionRejected | None = None,
        typed: Any = None,
        move: str = "",
    ) -> HttpResponse:
        """Show everything that a decision needs on one page; after a refusal, what was wrong."""
        read_at_desk(request, Reading.Kind.CASE, case.number)
        problem = (error.en if language() == "en" else error.zh) if error else ""
        file = casefile(case, officer=_user(request), now=now(), move=move)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{file.applicant} · {file.service}",
            "original": case,
            "file": file,
            "problem": problem,
            "problem_at": error.field.lstrip("/") if error else "",
            "typed": typed or {},
            "queue": reverse("admin:approvals_application_changelist"),
        }
        return TemplateResponse(
            request,
            "admin/approvals/application/case.html",
            context,
            status=error.status if error else 200,
        )

    def confirmation(
        self, request: HttpRequest, case: Application, action: str, button: buttons.Button
    ) -> HttpResponse:
        """Show what is about to be decided, and what the applicant gets; nothing is written."""
        read_at_desk(request, Reading.Kind.CASE, case.number)
        user = _user(request)
        file = casefile(case, officer=user, now=now(), move=action)
        about_to = confirmation(request.POST, action, button, catalogue.rulebook(case.edition_id))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{about_to.label} · {file.applicant}",
            "original": case,
            "file": file,
            "about_to": about_to,
        }
        return TemplateResponse(request, "admin/approvals/application/confirm.html", context)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the desk admits no other
    return request.user
