"""Deciding equal cases together: chosen in the list, looked at one by one, one reason for all."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from approvals import actions, words
from approvals.admin.buttons import BUTTONS
from approvals.admin.casefile.panel import openable
from approvals.admin.offers import with_law
from approvals.admin.queue import forms
from approvals.models import Application
from approvals.states import Outcome
from ledger.clock import now
from people import actors, posted
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from services import catalogue

OUTCOMES = {
    "approve": Outcome.APPROVE, "return_": Outcome.RETURN, "refuse": Outcome.REFUSE
}  # fmt: skip


class TogetherPages:
    """Mixed into the page class of cases, beside ``ListPages``."""

    admin_site: Any
    opts: Any

    @action(description=gettext_lazy("Decide equal cases together …"))
    def together(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Of the list's selection: show each, where they are equal, and ask for one reason."""
        cases = list(queryset.select_related("taken_by")[: actions.TOGETHER + 1])
        return self._preview(request, [(case, case.version) for case in cases])

    def together_view(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or user.role != User.Role.CLERK:
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:approvals_application_changelist")
        cases = forms.chosen(request, user)
        if len(cases) != len(set(request.POST.getlist("case"))):
            raise Http404  # one of another office or district, or none at all: nothing is decided
        try:
            found = actions.decide_together(
                cases=cases, shared=_shared(request), by=actors.officer(user), now=now()
            )
        except ActionRejected as error:
            return self._preview(request, cases, error)
        if found.done:
            n = len(found.done)
            text = ngettext("%(n)d case decided.", "%(n)d cases decided.", n) % {"n": n}
            self.message_user(request, text)  # type: ignore[attr-defined]
        for number, reason in found.left:
            text = f"{number}: {in_language(reason)}"
            self.message_user(request, text, "error")  # type: ignore[attr-defined]
        return redirect("admin:approvals_application_changelist")

    def _preview(
        self,
        request: HttpRequest,
        cases: list[tuple[Application, int]],
        error: ActionRejected | None = None,
    ) -> HttpResponse:
        try:
            actions.require_equal([case for case, _ in cases], actors.officer(_user(request)))
        except ActionRejected as unequal:
            error = error or unequal
            cases = []
        book = catalogue.rulebook(cases[0][0].edition_id) if cases else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Decide equal cases together"),
            "service": in_language(book.pack.name) if book else "",
            "cases": cases,
            "reasons": words.reasons(cases[0][0].handover, book, cases[0][0].as_of) if book else [],
            "openable": openable(book, []) if book else [],
            "buttons": [(name, BUTTONS[name]) for name in OUTCOMES],
            "problem": in_language(error) if error else "",
            "typed": request.POST,
            "opened": request.POST.getlist("opened"),
        }
        return TemplateResponse(
            request,
            "admin/approvals/application/together.html",
            context,
            status=error.status if error else 200,
        )


def _shared(request: HttpRequest) -> actions.Shared:
    form = request.POST
    posted.require_each_once(form)
    outcome = OUTCOMES.get(form.get("action", ""))
    if outcome is None:
        raise ActionRejected(
            "no_such_action", "没有这个操作", "There is no such action.", status=422
        )
    reason = form.get("reason", "").replace("\r\n", "\n")
    if outcome is Outcome.REFUSE:
        reason = with_law(reason, form)
    opened = tuple(form.getlist("opened")) if outcome is Outcome.RETURN else None
    return actions.Shared(outcome, reason, opened)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the desk admits no other
    return request.user
