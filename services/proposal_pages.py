"""Proposed editions at the desk: by state, and one with its differences, reviews and buttons."""

from __future__ import annotations

import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from city.errors import SourceError
from ledger.clock import city_date, now
from people import posted, roles
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.language import in_language, language
from people.models import User
from services import publish, reviews
from services.models import Draft, Proposal, Review
from services.proposal_contents import contents
from services.states import OPEN, ProposalState

PAGE = "admin:services_proposal_change"
DONE = {
    "approve": _("Recorded: you approve it."),
    "send_back": _("Sent back to its author."),
    "withdraw": _("Withdrawn."),
    "publish": _("Published."),
    "order": _("The correction is ordered."),
}


@admin.register(Proposal)
class Proposals(ModelAdmin):
    """Nothing is added, changed or deleted by Django's own forms: each button is an action."""

    actions = None
    list_display = ("shown_name", "service", "shown_state", "in_force_from", "shown_author",
                    "proposed_at")  # fmt: skip
    list_filter = ("state", "service")
    list_filter_sheet = False
    ordering = ("-id",)

    @display(description=_("proposed edition"), ordering="id")
    def shown_name(self, row: Proposal) -> str:
        return gettext("proposal %(number)s") % {"number": row.pk}

    @display(description=_("proposed by"), ordering="proposed_by")
    def shown_author(self, row: Proposal) -> str:
        return row.proposed_by.removeprefix("officer:")

    @display(
        description=_("state"),
        ordering="state",
        label={"proposed": "warning", "approved": "info", "published": "success"},
    )
    def shown_state(self, row: Proposal) -> tuple[str, str]:
        return row.state, str(ProposalState(row.state).label)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and _user(request).role in roles.PROPOSALS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.action_view)
        return [path("<int:pk>/do/", act, name="services_proposal_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self._found(request, object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def action_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._found(request, pk)
        if request.method != "POST":
            return redirect(PAGE, pk)
        action = request.POST.get("action", "")
        try:
            posted.require_each_once(request.POST)
            _act(action, row, request.POST, officer(_user(request)))
        except ActionRejected as error:
            return self.page(request, self._found(request, pk), error)
        except SourceError as error:
            return self.page(request, self._found(request, pk), None, error.all())
        self.message_user(request, DONE[action])
        return redirect(PAGE, pk)

    def _found(self, request: HttpRequest, pk: Any) -> Proposal:
        row = self.get_object(request, str(pk))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return cast(Proposal, row)

    def page(
        self,
        request: HttpRequest,
        row: Proposal,
        error: ActionRejected | None = None,
        faults: tuple[SourceError, ...] = (),
    ) -> HttpResponse:
        at, by = now(), officer(_user(request))
        said, role = list(row.reviews.all()), _user(request).role
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "proposal": row,
            "state": ProposalState(row.state).label,
            **contents(row, at),
            "problem": in_language(error) if error else "",
            "faults": faults,
            "typed": request.POST if error or faults else {},
            "reviews": said,
            "is_open": row.state in OPEN,
            "lacking": [in_language(one) for one in publish.missing(row, at)]
            if row.state in OPEN
            else [],
            "may": _may(row, said, by, at),
            "is_author": by.person in reviews.authors(row),
            "draft": Draft.objects.filter(proposal=row).first() if role in roles.RULES else None,
            "sees_trials": role in roles.TRIALS,
            "orders_trials": role in roles.POLICIES and row.state in OPEN,
            "sees_shadows": role in roles.RULES,
            "sees_regressions": role in roles.REGRESSIONS,
            "rollback_days": settings.CITY.governance.trials.rollback_days,
            "language": language(),
        }
        status = error.status if error else 422 if faults else 200
        context["title"] = f"{context['name']} · {self.shown_name(row)}"
        name = "admin/services/proposal.html"
        return TemplateResponse(request, name, context, status=status)


def _act(action: str, row: Proposal, form: Any, by: Actor) -> None:
    """Do what a button says; raises ``ActionRejected`` and ``SourceError``."""
    at, reason = now(), form.get("reason", "")
    if action in ("approve", "send_back"):
        opinion = reviews.Opinion(action == "approve", reason, form.get("hash", ""))
        reviews.review(row.pk, opinion, by=by, now=at)
    elif action == "withdraw":
        reviews.withdraw(row.pk, by=by, now=at, reason=reason)
    elif action == "publish":
        publish.publish(row.pk, by=by, now=at)
    elif action == "order":
        reviews.order_correction(row.pk, by=by, now=at, reason=reason)
    else:
        zh, en = "没有这个操作", "There is no such action."
        raise ActionRejected("no_such_action", zh, en, status=422)


def _may(row: Proposal, said: list[Review], by: Actor, at: datetime.datetime) -> set[str]:
    """Return the buttons that somebody's role has now; each action asks again by itself."""
    if row.state not in OPEN:
        return set()
    if by.role == User.Role.POLICY:
        return {"publish", "withdraw"}
    if by.role == User.Role.HEAD:
        is_past = row.base_id is not None and row.in_force_from < city_date(at)
        return {"order"} if is_past and not row.ordered_by else set()
    if by.role not in Review.Role.values or by.person in reviews.authors(row):
        return set()
    has_approved = any(one.approves and one.role == by.role for one in said)
    return {"send_back"} if has_approved else {"approve", "send_back"}


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other
