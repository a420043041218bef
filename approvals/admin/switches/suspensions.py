"""What is suspended, since when, by whom and why; the buttons that suspend and release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from approvals.models import Application
from approvals.review import handover
from approvals.states import State
from ledger.clock import city_date, now
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import in_language, language
from people.readonly import Page, reader
from services import catalogue, switches, watching
from services.models import Suspension
from services.models.switches import Scope

LIST = "admin:services_suspension_changelist"
LAST = 20  # suspensions that were released, on the page
# one tap: what a reason mostly is; another is typed
REASONS: tuple[str | Promise, ...] = (
    gettext_lazy("The rules may be wrong"),
    gettext_lazy("The registry's data may be wrong"),
    gettext_lazy("Complaints point to wrong approvals"),
    gettext_lazy("Fraud is suspected"),
)


@dataclass(frozen=True, slots=True)
class Switch:
    """A service or registry that can be suspended, and its suspension if it is."""

    scope: str
    code: str
    name: str
    live: Suspension | None = None
    measured: str = ""  # what was measured, in words
    waiting: int = 0  # cases that officers have for it


class SuspensionAdmin(Page):
    """One page: what is suspended now, what can be, and what was."""

    roles = roles.SWITCHES

    def get_urls(self) -> list[Any]:
        do = self.admin_site.admin_view(self.do_view)
        return [path("do/", do, name="services_suspension_do"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return self._page(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self.found(request, object_id)
        return redirect(LIST)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def do_view(self, request: HttpRequest) -> HttpResponse:
        """Suspend, propose a release, or confirm one; refused, the page keeps what was typed."""
        if reader(request).role not in roles.SUSPENDERS:
            raise Http404
        if request.method != "POST":
            return redirect(LIST)
        try:
            posted.require_each_once(request.POST)
            said = _do(request)
        except Suspension.DoesNotExist:
            raise Http404 from None
        except ActionRejected as error:
            return self._page(request, error)
        self.message_user(request, said)
        return redirect(LIST)

    def _page(self, request: HttpRequest, error: ActionRejected | None = None) -> HttpResponse:
        user, known = reader(request), _known()
        rows = Suspension.objects.filter(released_at=None).order_by("-at")
        live = {(row.scope, row.code): _live(row, known) for row in rows}
        chosen = (request.GET.get("scope", ""), request.GET.get("code", ""))
        if error:
            chosen = (request.POST.get("scope", ""), request.POST.get("code", ""))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Suspension of automatic approval"),
            "live": list(live.values()),
            "services": _rest(Scope.SERVICE, known, live),
            "registries": _rest(Scope.REGISTRY, known, live),
            "past": [_live(row, known) for row in _past()],
            "reasons": REASONS,
            "chosen": ":".join(chosen),
            "typed": request.POST.get("typed", "") if error else "",
            "problem": in_language(error) if error else "",
            "me": str(actors.officer(user)),
            "may_suspend": user.role in roles.SUSPENDERS,
            "may_release": user.role in roles.RELEASERS,
        }
        name = "admin/approvals/switches/suspensions.html"
        return TemplateResponse(request, name, context, status=error.status if error else 200)


def _do(request: HttpRequest) -> str:
    form, by, at = request.POST, actors.officer(reader(request)), now()
    reason = form.get("reason") or form.get("typed", "")
    kind = form.get("do", "")
    if kind == "suspend":
        switches.suspend(
            scope=form.get("scope", ""), code=form.get("code", ""), reason=reason, by=by, now=at
        )
        return gettext("Suspended. From now on nothing of it is approved automatically.")
    key = _key(form)
    if kind == "propose":
        switches.propose_release(suspension=key, reason=reason, by=by, now=at)
        return gettext("Proposed. Another officer has to confirm it.")
    if kind == "release":
        switches.release(suspension=key, by=by, now=at)
        return gettext(
            "Automatic approval goes on for new cases. What officers have by now stays with them."
        )
    raise ActionRejected("unknown_action", "没有该操作", "There is no such action.", status=422)


def _key(form: Mapping[str, str]) -> int:
    text = form.get("suspension", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _known() -> dict[tuple[str, str], str]:
    """Names of all services and registries, by scope and code."""
    found = {
        (Scope.SERVICE.value, book.code): in_language(book.pack.name)
        for book in catalogue.all_current(city_date(now()))
    }
    for code, one in settings.CITY.registries.items():
        found[Scope.REGISTRY.value, code] = in_language(one)
    return found


def _rest(
    scope: Scope, known: Mapping[tuple[str, str], str], live: Mapping[tuple[str, str], Switch]
) -> list[Switch]:
    return [Switch(s, c, n) for (s, c), n in known.items() if s == scope and (s, c) not in live]


def _live(row: Suspension, known: Mapping[tuple[str, str], str]) -> Switch:
    name = known.get((row.scope, row.code), row.code)
    measured = watching.reason(row.measured, language())
    waiting = 0 if row.released_at else _waiting(row)
    return Switch(row.scope, row.code, name, row, measured, waiting)


def _waiting(row: Suspension) -> int:
    """How many cases officers have for it, among other reasons perhaps."""
    cases = Application.objects.filter(state=State.REVIEW)
    if row.scope == Scope.SERVICE:
        return cases.filter(service=row.code, handover__contains="automatic_off").count()
    reason = handover.Reason(handover.REGISTRY_SUSPENDED, row.code)
    return cases.filter(handover__regex=rf"(^|,){reason}(,|$)").count()


def _past() -> list[Suspension]:
    rows = Suspension.objects.filter(released_at__isnull=False).order_by("-released_at")
    return list(rows[:LAST])
