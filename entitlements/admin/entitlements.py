"""The list of entitlements at the desk, and the page of one with its moves."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from entitlements import policies
from entitlements.admin import moves
from entitlements.admin.file import file
from entitlements.admin.filters import OfficeFilter, RegionFilter, ServiceFilter, StateFilter
from entitlements.admin.naming import Names
from entitlements.admin.numbers import numbers
from entitlements.models import Entitlement, Instalment, Overpayment
from entitlements.states import OverpaymentState, State
from ledger.clock import city_date, now
from people import actors, identity, posted, roles
from people.errors import ActionRejected
from people.language import in_language
from people.models import Reading
from people.readonly import Page, reader
from people.traces import Traced, read_at_desk
from services.entitlement import following

PAGE = "admin:entitlements_entitlement"
TONES = {"active": "success", "suspended": "warning", "held": "warning", "ended": "info"}


class EntitlementList(ChangeList):
    """Names are looked up once a page, not once a row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names, hidden = Names(city_date(now())), roles.reads_masked(reader(request).role)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        for row in rows:
            row.names, row.is_masked = names, hidden
        self.result_list = rows


class EntitlementAdmin(Traced, Page):
    """Whoever sees the cases of an office sees what they led to; a clerk moves it."""

    list_display = (
        "shown_holder",
        "shown_kind",
        "shown_amount",
        "shown_next",
        "shown_place",
        "shown_state",
    )
    list_filter = (StateFilter, ServiceFilter, OfficeFilter, RegionFilter)
    search_fields = ("application__exact", "holder__exact")
    search_help_text = _("Number of the application, or ID number; every search leaves a trace")
    ordering = ("-id",)
    list_select_related = ("office", "region")
    change_list_template = "admin/entitlements/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entitlement]:
        last = Instalment.objects.filter(entitlement=OuterRef("pk")).order_by("-period")
        found = policies.visible(reader(request)).order_by(*self.ordering)
        return found.annotate(last_period=Subquery(last.values("period")[:1]))

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[ChangeList]:
        return EntitlementList

    def get_urls(self) -> list[Any]:
        act, count = map(self.admin_site.admin_view, (self.action_view, self.numbers_view))
        return [
            path("<uuid:pk>/do/", act, name="entitlements_entitlement_do"),
            path("numbers/", count, name="entitlements_entitlement_numbers"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_count = reader(request).role in roles.ENTITLEMENT_NUMBERS
        more = {"title": gettext("Entitlements"), "may_count": may_count}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The history is on the page itself."""
        return redirect(f"{PAGE}_change", self.found(request, object_id).pk)

    def action_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Do one of ``moves.MOVES``; what is final is asked once more on a page of its own."""
        row = self.found(request, str(pk))
        if request.method != "POST":
            return redirect(f"{PAGE}_change", pk)
        if "edit" in request.POST:  # back from the page that asks once more
            return self.page(request, row)
        try:
            posted.require_each_once(request.POST)
            policies.require_officer(actors.officer(reader(request)), row)
            move = moves.checked(request.POST, row)
            if move.is_confirmed and request.POST.get("confirmed") != "1":
                return self.confirm(request, row, move)
            moves.do(request.POST, row.pk, reader(request), now())
        except ActionRejected as error:
            return self.page(request, self.found(request, str(pk)), error)
        self.message_user(request, str(move.done))
        return redirect(f"{PAGE}_change", pk)

    def confirm(self, request: HttpRequest, row: Entitlement, move: moves.Move) -> HttpResponse:
        form = request.POST
        kept = ("action", "version", "reason", "on", "claim")
        frame = self._frame(request, row)
        context = {
            **frame,
            "move": move,
            "choice": _choice(frame["file"]["claim"], move),
            "action": form.get("action", ""),
            "reason": form.get("reason", "") if "reason" in move.fields else "",
            "on": moves.day_of(form) if "on" in move.fields else None,
            "after": moves.after_stop(row, moves.day_of(form)) if "on" in move.fields else None,
            "hidden": [(name, form[name]) for name in kept if name in form],
        }
        return TemplateResponse(request, "admin/entitlements/confirm.html", context)

    def page(
        self, request: HttpRequest, row: Entitlement, error: ActionRejected | None = None
    ) -> HttpResponse:
        read_at_desk(request, Reading.Kind.CASE, row.application)
        context = self._frame(request, row)
        offered = moves.offered(row, context["file"]["claim"], reader(request))
        context |= {
            "problem": in_language(error) if error else "",
            "typed": request.POST,
            "moves": [(name, moves.MOVES[name]) for name in offered],
            "today": city_date(now()),
        }
        status = error.status if error else 200
        name = "admin/entitlements/entitlement.html"
        return TemplateResponse(request, name, context, status=status)

    def _frame(self, request: HttpRequest, row: Entitlement) -> dict[str, Any]:
        shown = file(row, reader(request), city_date(now()))
        frame = self.admin_site.each_context(request)
        return {**frame, "opts": self.opts, "title": shown["title"], "row": row, "file": shown}

    def numbers_view(self, request: HttpRequest) -> HttpResponse:
        if reader(request).role not in roles.ENTITLEMENT_NUMBERS:
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Entitlements in numbers"),
            **numbers(reader(request), city_date(now())),
        }
        return TemplateResponse(request, "admin/entitlements/numbers.html", context)

    @display(description=_("Paid to"))
    def shown_holder(self, row: Any) -> str:
        return identity.mask_name(row.holder_name) if row.is_masked else str(row.holder_name)

    @display(description=_("Entitlement"))
    def shown_kind(self, row: Any) -> str:
        return str(row.names.kind(row.service, row.kind))

    @display(description=_("Amount"), ordering="amount")
    def shown_amount(self, row: Any) -> str:
        if row.amount is None:
            return "–"
        return f"{row.amount:.2f} {row.names.per(row.service, row.kind)}"

    @display(description=_("Next period"))
    def shown_next(self, row: Any) -> str:
        spec = row.names.spec(row.service, row.kind)
        if row.state != State.ACTIVE or spec is None:
            return "–"
        coming = following(spec.period, row.last_period) if row.last_period else row.first_period
        return max(coming, row.first_period).isoformat()

    @display(description=_("Office, district"))
    def shown_place(self, row: Entitlement) -> str:
        return " · ".join(in_language(one) for one in (row.office, row.region) if one)

    @display(description=_("State"), ordering="state", label=TONES)
    def shown_state(self, row: Entitlement) -> tuple[str, str]:
        return str(row.state), str(State(row.state).label)


def _choice(claim: Overpayment | None, move: moves.Move) -> str:
    """Return in words what was proposed about an overpayment that a second officer decides."""
    if claim is None or not claim.choice or "claim" not in move.fields:
        return ""
    return str(OverpaymentState(claim.choice).label)
