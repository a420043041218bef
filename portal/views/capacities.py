"""Choosing for whom one acts: for oneself, or an enterprise; leaving it again is one tap."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from approvals.actions import capacities
from approvals.actions.capacities import Choice
from approvals.rows.intakes import Acting
from exchange import enterprises
from ledger.clock import now
from people import identity
from people.errors import ActionRejected
from people.language import in_language, listed
from people.models import User
from portal import capacity
from portal.problems import Problem, from_refusal
from portal.views.access import accounts
from portal.views.session import ours
from services import catalogue


@accounts
def choose(request: HttpRequest, *, user: User) -> HttpResponse:
    """GET: the enterprises that one may act for. POST: act for the one that is chosen."""
    moment = now()
    onward = ours(request, request.POST.get("next") or request.GET.get("next", ""), "portal:home")
    problems: list[Problem] = []
    status = 200
    found = capacities.choices(user, moment)
    if request.method == "POST":
        wanted = request.POST.get("enterprise", "")
        try:
            one = next((c for c in found.found if _is(c, wanted, user)), None)
            if one is None and not found.is_answered:
                raise capacities.silent()
            if one is None:
                raise capacities.ended()
            capacity.enter(request, user, one.enterprise, moment)
        except ActionRejected as error:
            problems, status = [from_refusal(error)], error.status
        else:
            return redirect(onward)
    page = {
        "rows": [_row(one, user) for one in found.found],
        "is_answered": found.is_answered,
        "current": capacity.shown(request),
        "onward": onward,
        "problems": problems,
    }
    response = render(request, "portal/capacities.html", page, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@accounts
def leave(request: HttpRequest, *, user: User) -> HttpResponse:
    """Act for oneself again."""
    capacity.leave(request)
    return redirect(ours(request, request.POST.get("next", ""), "portal:home"))


def _is(one: Choice, wanted: str, user: User) -> bool:
    return bool(wanted) and wanted == capacity.mark(user, one.enterprise)


def _row(one: Choice, user: User) -> dict[str, object]:
    return {
        "mark": capacity.mark(user, one.enterprise),
        "name": one.name,
        "number": identity.mask(one.number),
        "word": one.acting.label,
        "is_agent": one.acting == Acting.AGENT,
        "state": in_language(enterprises.state(one.state)),
        "services": listed(_names(one)),
    }


def _names(one: Choice) -> list[str]:
    books = ((code, catalogue.numbered(code, 1)) for code in one.services)
    return [in_language(book.pack.name) if book else code for code, book in books]
