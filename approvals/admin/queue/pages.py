"""The addresses beside the list: search, assign, save a filter, who is away, numbers."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from approvals.admin.front import standing
from approvals.admin.queue import forms, search
from approvals.admin.queue.numbers import numbers
from approvals.models import SavedFilter
from ledger.clock import now
from people import roles
from people.errors import ActionRejected
from people.language import in_language
from people.models import User

LIST = "admin:approvals_application_changelist"
HANDS = roles.CLERKS | roles.SUPERVISORS  # who is marked as away, or marks others


class ListPages:
    """Mixed into the page class of cases: every address asks for the right to see the list."""

    admin_site: Any
    opts: Any
    list_filter: Any

    def list_urls(self) -> list[Any]:
        views = {
            "search": self.search_view,
            "assign": self.assign_view,
            "filters": self.filters_view,
            "away": self.away_view,
            "numbers": self.numbers_view,
        }
        return [
            path(
                f"{name}/",
                self.admin_site.admin_view(view),
                name=f"approvals_application_{name}",
            )
            for name, view in views.items()
        ]

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what stands above the list: standing and saved filters, and who one is."""
        user = self._reader(request)
        moment = now()
        return {
            "standing": standing(user, moment),
            "saved": forms.saved(user),
            "may_save": bool(forms.kept(request, self.list_filter, self)),
            "may_count": user.role in roles.OVERSEERS,
            "may_mark": user.role in HANDS,
            "absence": forms.absence(user, moment) if user.role in HANDS else None,
        }

    def search_view(self, request: HttpRequest) -> HttpResponse:
        self._reader(request)
        return search.to_found(request)

    @action(description=gettext_lazy("Give to an officer …"))
    def assign(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Of the list's selection: ask whom to give the cases to, and why."""
        return self._ask_whom(request, list(queryset[: forms.AT_ONCE]))

    def assign_view(self, request: HttpRequest) -> HttpResponse:
        user = self._reader(request)
        if user.role != User.Role.SUPERVISOR:
            raise PermissionDenied
        if request.method != "POST":
            return redirect(LIST)
        outcome = forms.assign(request, user, now())
        if outcome.done:
            text = _("Cases given to the officer: %(n)d") % {"n": outcome.done}
            self.message_user(request, text)  # type: ignore[attr-defined]
        if not outcome.refused and outcome.done:
            return redirect(LIST)
        left = [case for case, _version in forms.chosen(request, user)] if outcome.refused else []
        return self._ask_whom(request, left, outcome.refused, status=422)

    def _ask_whom(
        self, request: HttpRequest, cases: list[Any], refused: Any = (), status: int = 200
    ) -> HttpResponse:
        user, moment = self._reader(request), now()
        has = forms.taken(user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Give cases to an officer"),
            "cases": cases,
            "clerks": [(c, has.get(c.pk, 0)) for c in forms.present_clerks(user, moment)],
            "refused": refused,
            "typed": request.POST,
        }
        return TemplateResponse(
            request, "admin/approvals/application/assign.html", context, status=status
        )

    def filters_view(self, request: HttpRequest) -> HttpResponse:
        """Save the filters of the address under a name, or delete a saved one."""
        user = self._reader(request)
        if request.method != "POST":
            return redirect(LIST)
        if request.POST.get("delete"):
            key = request.POST["delete"]
            if forms.is_key(key):
                SavedFilter.objects.filter(officer=user, pk=key).delete()
            return self._listed("")
        try:
            return self._listed(forms.save_filter(request, user, self.list_filter, self))
        except ActionRejected as error:
            self.message_user(request, in_language(error), "error")  # type: ignore[attr-defined]
            return self._listed(forms.kept(request, self.list_filter, self))

    def away_view(self, request: HttpRequest) -> HttpResponse:
        """Who is away until when; a clerk marks themself, a supervisor the clerks of the office."""
        user, problem, status = self._reader(request), "", 200
        if user.role not in HANDS:
            raise PermissionDenied
        if request.method == "POST":
            try:
                self.message_user(request, forms.mark(request, user, now()))  # type: ignore[attr-defined]
                return redirect("admin:approvals_application_away")
            except ActionRejected as error:
                problem, status = in_language(error), error.status
        moment = now()
        has = forms.taken(user)
        shown = forms.clerks(user, moment)
        if user.role == User.Role.CLERK:
            shown = [clerk for clerk in shown if clerk.pk == user.pk]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who is away"),
            "clerks": [(clerk, has.get(clerk.pk, 0)) for clerk in shown],
            "problem": problem,
        }
        return TemplateResponse(
            request, "admin/approvals/application/away.html", context, status=status
        )

    def numbers_view(self, request: HttpRequest) -> HttpResponse:
        """What the supervisor and the head of an office see of its work; see ``measures``."""
        user = self._reader(request)
        if user.role not in roles.OVERSEERS:
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Numbers of the office"),
            **numbers(user, request.GET.get("days", ""), now()),
        }
        return TemplateResponse(request, "admin/approvals/application/numbers.html", context)

    def _listed(self, query: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{reverse(LIST)}?{query}" if query else reverse(LIST))

    def _reader(self, request: HttpRequest) -> User:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        assert isinstance(request.user, User)  # the desk admits no other
        return request.user
