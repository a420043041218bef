"""Payment lists at the desk: what is on one, how far it has come, and its text for the treasury."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from entitlements import actions, policies, queries, words
from entitlements.actions.payments import history, returned
from entitlements.admin.filters import ServiceFilter
from entitlements.admin.naming import Names
from entitlements.models import Instalment, PaymentList
from entitlements.states import ListState
from ledger.clock import city_date, now
from people import actors, identity, posted, roles
from people.errors import ActionRejected
from people.language import in_language
from people.masking import masked
from people.models import Reading, User
from people.readonly import Page, reader
from people.traces import read_at_desk

PAGE = "admin:entitlements_paymentlist"
TONES = {"made": "warning", "released": "info", "exported": "info", "paid": "success"}
SHOWN = 100  # payments on one page of a list


class PaymentLists(ChangeList):
    """States and names are read once a page, not once a row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        names, states = Names(city_date(now())), queries.list_states(rows)
        for row in rows:
            row.names, row.reached = names, states[row.pk]
        self.result_list = rows


class PaymentListAdmin(Page):
    """A supervisor or head releases a list; a clerk takes it and records what became of it."""

    list_display = (
        "shown_name",
        "period",
        "entries",
        "shown_total",
        "made_at",
        "shown_state",
    )
    list_filter = (ServiceFilter,)
    ordering = ("-made_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentList]:
        return policies.visible_lists(reader(request)).order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[ChangeList]:
        return PaymentLists

    def get_urls(self) -> list[Any]:
        views = {"do": self.action_view, "export": self.export_view}
        own = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"entitlements_paymentlist_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"title": gettext("Payment lists")}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The history is on the page itself."""
        return redirect(f"{PAGE}_change", self.found(request, object_id).pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def action_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = self.found(request, str(pk))
        if request.method != "POST":
            return redirect(f"{PAGE}_change", pk)
        if reader(request).role not in roles.HANDLERS:
            raise PermissionDenied
        try:
            posted.require_each_once(request.POST)
            _do(request.POST, row, actors.officer(reader(request)))
        except ActionRejected as error:
            return self.page(request, row, error)
        self.message_user(request, gettext("Done; it is recorded with your name."))
        return redirect(f"{PAGE}_change", pk)

    def export_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The text for the treasury, as a file; each taking is recorded, so only by a form."""
        row = self.found(request, str(pk))
        if request.method != "POST":
            return redirect(f"{PAGE}_change", pk)
        try:
            text = actions.export(payments=row, by=actors.officer(reader(request)), now=now())
        except ActionRejected as error:
            return self.page(request, row, error)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        name = f"{row.service}-{row.number}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def page(
        self, request: HttpRequest, row: PaymentList, error: ActionRejected | None = None
    ) -> HttpResponse:
        user = reader(request)
        read_at_desk(request, Reading.Kind.CASE, row.subject)
        state, names = queries.list_states([row])[row.pk], Names(city_date(now()))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _title(row, names),
            "row": row,
            "word": state.label,
            "state": state.value,
            "problem": in_language(error) if error else "",
            "typed": request.POST if error else {},
            "may": _may(state, user),
            **_contents(row, user, _Part.of(request)),
        }
        status = error.status if error else 200
        name = "admin/entitlements/paymentlist.html"
        return TemplateResponse(request, name, context, status=status)

    @display(description=_("List"))
    def shown_name(self, row: Any) -> str:
        return _title(row, row.names)

    @display(description=_("Total"), ordering="total")
    def shown_total(self, row: PaymentList) -> str:
        return f"{row.total:.2f}"

    @display(description=_("State"), label=TONES)
    def shown_state(self, row: Any) -> tuple[str, str]:
        return row.reached.value, str(row.reached.label)


def _title(row: PaymentList, names: Names) -> str:
    return gettext("%(service)s, list %(number)d") % {
        "service": names.service(row.service),
        "number": row.number,
    }


def _do(form: Mapping[str, str], row: PaymentList, by: actors.Actor) -> None:
    match form.get("action", ""):
        case "release":
            actions.release(payments=row, by=by, now=now())
        case "record_paid":
            entries, total = _number(form.get("entries", "")), _number(form.get("total", ""))
            actions.record_paid(payments=row, entries=int(entries), total=total, by=by, now=now())
        case "record_returned":
            key, reason = _instalment(form, row), form.get("reason", "")
            actions.record_returned(instalment=key, reason=reason, by=by, now=now())
        case _:
            zh, en = "没有这个操作", "There is no such action."
            raise ActionRejected("no_such_verb", zh, en, status=422)


def _number(text: str) -> Decimal:
    """Return a number as an officer types it; raises ``ActionRejected`` for anything else."""
    try:
        found = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= 10**14:
        raise ActionRejected(
            "number", "请填写笔数和金额，只用数字", "Write both as numbers.", status=422
        )
    return found


def _instalment(form: Mapping[str, str], row: PaymentList) -> uuid.UUID:
    try:
        key = uuid.UUID(form.get("instalment", ""))
    except ValueError:
        key = uuid.UUID(int=0)
    if not row.instalments.filter(pk=key).exists():
        raise ActionRejected("not_found", "清单中没有这笔款项", "No such payment.", status=404)
    return key


def _may(state: ListState, user: User) -> str:
    """Return what the reader may do with a list in a state; nothing for most."""
    if state is ListState.MADE:
        return "release" if user.role in roles.OVERSEERS else ""
    if user.role not in roles.CLERKS:
        return ""
    return {"released": "export", "exported": "paid", "paid": "returned"}[state.value]


@dataclass(frozen=True, slots=True)
class _Part:
    """Which payments of a list a page shows: those of a case, or so many from a place."""

    case: str
    page: int

    @classmethod
    def of(cls, request: HttpRequest) -> "_Part":
        case, text = request.GET.get("case", "").strip()[:40], request.GET.get("p", "")
        is_number = text.isascii() and text.isdigit() and len(text) < 6
        return cls(case.upper(), int(text) if is_number else 0)


def _contents(row: PaymentList, user: User, part: _Part) -> dict[str, Any]:
    """Return the totals of a list as its rows give them, its payments by page, and its history."""
    hidden, back = roles.reads_masked(user.role), returned(row)
    sums = row.instalments.aggregate(n=Count("pk"), yuan=Sum("amount"))
    by_region = row.instalments.order_by("entitlement__region").values(
        "entitlement__region__name_zh", "entitlement__region__name_en"
    )
    chosen = row.instalments.select_related("entitlement").order_by(
        "entitlement__application", "entitlement", "period"
    )
    page, total = part.page, sums["n"]
    if part.case:
        chosen, page, total = chosen.filter(entitlement__application=part.case), 0, 0
    lines = [_line(one, hidden, back) for one in chosen[page * SHOWN : (page + 1) * SHOWN]]
    return {
        "sums": sums,
        "is_equal": (sums["n"], sums["yuan"]) == (row.entries, row.total),
        "regions": [
            (_region(one), one["n"], one["yuan"])
            for one in by_region.annotate(n=Count("pk"), yuan=Sum("amount"))
        ],
        "lines": lines,
        "previous": page - 1 if page else None,
        "further": page + 1 if (page + 1) * SHOWN < total else None,
        "case": part.case,
        "back_count": len(back),
        "back_sum": sum((Decimal(one["amount"]) for one in back.values()), Decimal(0)),
        "history": [
            {
                "at": e.at,
                "by": e.by,
                "text": words.LIST_EVENTS[e.kind],
                **_detail(e.data, hidden),
            }
            for e in history(row)
        ],
    }


def _region(row: Mapping[str, Any]) -> str:
    name = in_language({k: row[f"entitlement__region__name_{k}"] or "" for k in ("zh", "en")})
    return name or gettext("whole city")


def _detail(text: str, hidden: bool) -> dict[str, str]:
    data = json.loads(text)
    reason = str(data.get("reason", ""))
    return {"sha256": data.get("sha256", ""), "reason": masked(reason, []) if hidden else reason}


def _line(one: Instalment, hidden: bool, back: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    holder = one.entitlement.holder_name
    said = back.get(str(one.pk), {}).get("reason", "")
    return {
        "row": one,
        "holder": identity.mask_name(holder) if hidden else holder,
        "returned": masked(said, [holder]) if hidden else said,
    }
