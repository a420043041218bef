"""The queue and the page of one case. Nothing is added, deleted or edited here: actions do it."""

from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin

from approvals import queries
from approvals.admin import offers
from approvals.admin.backtest import backtest_view
from approvals.admin.buttons import Button
from approvals.admin.casefile import casefile, confirmation
from approvals.admin.filters import (
    AgeFilter,
    DeliveryFilter,
    HandFilter,
    OfficerFilter,
    ReasonFilter,
    RegionFilter,
    ServiceFilter,
    StateFilter,
    UrgencyFilter,
    is_settled_list,
)
from approvals.admin.queue import search
from approvals.admin.queue.columns import Columns
from approvals.admin.queue.pages import ListPages
from approvals.admin.queue.paging import BoundedPaginator, CaseList, shown_page
from approvals.admin.queue.together import TogetherPages
from approvals.documents import listing
from approvals.models import Application, Attachment
from ledger.clock import now
from materials import responses
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import language
from people.models import Reading, User
from people.traces import Traced, read_at_desk, record_unmasking
from services import catalogue

READERS = roles.CASES  # an auditor reads every case, masked

# what is done with several cases of the list
OF_SELECTION: dict[str, tuple[str, ...]] = {
    User.Role.SUPERVISOR: ("assign",),
    User.Role.CLERK: ("together",),
}


class CaseAdmin(ListPages, TogetherPages, Columns, Traced, ModelAdmin):
    list_display = (
        "shown_number",
        "shown_applicant",
        "shown_service",
        "shown_region",
        "shown_why",
        "shown_risk",
        "shown_age",
        "shown_due",
        "shown_hand",
        "shown_state",
    )
    list_filter = (
        StateFilter,
        HandFilter,
        UrgencyFilter,
        DeliveryFilter,
        ServiceFilter,
        RegionFilter,
        OfficerFilter,
        AgeFilter,
        ReasonFilter,
    )
    list_filter_sheet = False
    search_fields = ("number",)  # so that there is a search; how it finds: queue/search.py
    search_help_text = search.HELP
    change_list_template = "admin/approvals/application/queue.html"
    actions = ("assign", "together")
    list_per_page = 50
    show_full_result_count = False
    ordering = (F("due_at").asc(nulls_last=True), "id")
    list_select_related = ("taken_by", "region")

    # who sees what: the office and region of the officer, for lists, pages, counts and search

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        user = _user(request)
        seen = queries.visible_to(actors.officer(user)).annotate(
            read_at=Now(), is_masked=Value(roles.reads_masked(user.role))
        )
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

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[CaseList]:
        return CaseList

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet, per_page: int, *more: Any, **named: Any
    ) -> BoundedPaginator:
        return BoundedPaginator(queryset, per_page, *more, page=shown_page(request), **named)

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return () if is_settled_list(request) else tuple(self.list_display)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; a name or number that is typed into the address leaves it at once."""
        term, username = request.GET.get("q", ""), request.user.get_username()
        kept = search.in_address(term, username)
        if kept != term:
            values = request.GET.copy()
            values["q"] = kept
            return redirect(f"{request.path}?{values.urlencode()}")
        typed = search.read(term, username) or term
        shown = {"searched": "" if search.is_person(typed) else typed}
        shown |= self.list_context(request)
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        typed = search.read(search_term, request.user.get_username()) or search_term
        self.trace_search(request, typed)
        return search.found(queryset, typed), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        return {name: found[name] for name in OF_SELECTION.get(_user(request).role, ())}

    # the page of one case

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.action_view)
        unmask = self.admin_site.admin_view(never_cache(self.unmask_view))
        backtest = self.admin_site.admin_view(backtest_view)
        document = self.admin_site.admin_view(self.document_view)
        pages = [
            path(
                "<uuid:pk>/documents/<uuid:key>/", document, name="approvals_application_document"
            ),
            path(
                "<uuid:pk>/materials/<uuid:key>/",
                self.admin_site.admin_view(self.material_view),
                name="approvals_application_material",
            ),
            path(
                "<uuid:pk>/materials/<uuid:key>/<int:page>.jpg",
                self.admin_site.admin_view(self.material_view),
                name="approvals_application_material_page",
            ),
            path("<uuid:pk>/do/", act, name="approvals_application_do"),
            path("<uuid:pk>/unmask/", unmask, name="approvals_application_unmask"),
            path("backtest/", backtest, name="approvals_application_backtest"),
        ]
        together = self.admin_site.admin_view(self.together_view)
        pages.append(path("together/", together, name="approvals_application_together"))
        pages += self.list_urls()
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
                return self.confirmation(request, case, *offers.check(form, case, by=by, now=now()))
            done = offers.press(form, case, by=by, now=now())
        except ActionRejected as error:
            move = form.get("preview") or form.get("action", "")
            return self.page(request, self._case(request, str(pk)), error, form, move)
        self.message_user(request, done)
        if self.get_object(request, str(pk)) is None:  # it went out of the officer's sight
            return redirect("admin:approvals_application_changelist")
        return redirect("admin:approvals_application_change", pk)

    def unmask_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Show names and numbers once, in the answer to the POST that says why."""
        case = self._case(request, str(pk))
        if request.method != "POST":
            return redirect("admin:approvals_application_change", pk)
        by, reason = actors.officer(_user(request)), request.POST.get("reason", "")
        try:
            posted.require_each_once(request.POST)
            record_unmasking(by, case.number, reason.replace("\r\n", "\n"), now())
        except ActionRejected as error:
            return self.page(request, case, error, request.POST)
        return self.page(request, case, unmasked=True)

    def document_view(self, request: HttpRequest, pk: Any, key: Any) -> HttpResponse:
        """One document of the case as a file; an auditor, who reads names masked, gets none."""
        case = self._case(request, str(pk))
        if roles.reads_masked(_user(request).role):
            raise Http404
        read_at_desk(request, Reading.Kind.CASE, case.number)
        try:
            return listing.response(case, key, now())
        except ActionRejected as error:
            if error.status == 404:
                raise Http404 from None
            return self.page(request, case, error)

    def material_view(
        self, request: HttpRequest, pk: Any, key: Any, page: int | None = None
    ) -> HttpResponse:
        """One file that came with the case, or a picture of one of its pages.

        An auditor, who reads names masked, gets none.
        """
        case = self._case(request, str(pk))
        row = Attachment.objects.select_related("material")
        found = row.filter(application=case, material=key).first()
        if found is None or roles.reads_masked(_user(request).role):
            raise Http404
        read_at_desk(request, Reading.Kind.CASE, case.number)
        try:
            if page is None:
                return responses.file(found.material)
            return responses.page(found.material, page)
        except ActionRejected as error:
            return self.page(request, case, error)

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
        unmasked: bool = False,
    ) -> HttpResponse:
        """Show everything that a decision needs on one page; after a refusal, what was wrong."""
        read_at_desk(request, Reading.Kind.CASE, case.number)
        problem = (error.en if language() == "en" else error.zh) if error else ""
        user = _user(request)
        file = casefile(case, officer=user, now=now(), move=move, unmasked=unmasked)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{file.applicant} · {file.service}",
            "original": case,
            "file": file,
            "is_masked": roles.reads_masked(user.role) and not unmasked,
            "unmasked": unmasked,
            "problem": problem,
            "problem_at": error.field.lstrip("/") if error else "",
            "typed": typed or {},
            "opened": typed.getlist("opened") if typed else [],
            "queue": reverse("admin:approvals_application_changelist"),
        }
        return TemplateResponse(
            request,
            "admin/approvals/application/case.html",
            context,
            status=error.status if error else 200,
        )

    def confirmation(
        self, request: HttpRequest, case: Application, action: str, button: Button
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
