"""How often automatic approvals were false: one page instead of a list of draws."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals.admin.sampling.lines import shown
from approvals.admin.sampling.shown import FINDING, Role, Shown, user_of
from approvals.models import SampleDraw
from approvals.sampling import rates
from people.roles import RATES


class RatesAdmin(Shown):
    """How often automatic approvals were false: one page instead of a list of draws."""

    roles = RATES

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return cast(HttpResponse, super().changelist_view(request, extra_context))
        user = user_of(request)
        office = (user.office_id or "") if user.role == Role.SUPERVISOR else ""
        found = rates.report(office=office)
        draws = SampleDraw.objects.order_by("-month")
        return self.answer(
            request, "rates", str(_("Re-review: how often automatic approvals were false")), None,
            report=found, rows=shown(found), draws=draws[:12],
            findings=reverse(f"{FINDING}_changelist"),
        )  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return redirect("admin:approvals_sampledraw_changelist")
