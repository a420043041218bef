"""Pages of an officer who asks to be shown claims of a certificate in somebody's wallet."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from certificates.facts import written
from credentials import actions, kinds, qr, queries, signing
from credentials.models import PresentationRequest
from credentials.statuslist import Status
from credentials.words import FAULTS, STATUSES
from ledger.clock import city_date, now
from people import actors, roles
from people.errors import ActionRejected
from people.language import language
from people.models import User

Outcome = PresentationRequest.Outcome


def _officer(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or user.role not in roles.HANDLERS or not user.office_id:
        raise Http404
    return user


@require_GET
@login_required
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """The kinds of certificates that can be asked for."""
    _officer(request)
    found = sorted(kinds.every(city_date(now())).values(), key=lambda kind: kind.code)
    return render(request, "credentials/ask.html", {"kinds": found})


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def claims(request: HttpRequest, service: str) -> HttpResponse:
    """Which claims of one kind, and what for."""
    officer, at = _officer(request), now()
    kind = kinds.of(service, city_date(at))
    if kind is None:
        raise Http404
    chosen = [tuple(one.split("/")) for one in request.POST.getlist("claim")]
    purpose, problem = request.POST.get("purpose", ""), None
    if request.method == "POST":
        try:
            made = actions.ask(
                service=service,
                claims=chosen,
                purpose=purpose,
                by=actors.officer(officer),
                now=at,
            )
        except ActionRejected as error:
            problem = error
        else:
            return HttpResponseRedirect(reverse("credentials:asked", args=[made.pk]))
    lines = [
        {"value": "/".join(path), "zh": zh, "en": en, "part": path[0] == "parts"}
        | {"chosen": path in chosen}
        for path, (zh, en) in kind.claims.items()
    ]
    context = {"kind": kind, "lines": lines, "purpose": purpose, "problem": problem}
    return render(
        request, "credentials/ask_claims.html", context, status=problem.status if problem else 200
    )


def _mine(request: HttpRequest, key: uuid.UUID) -> PresentationRequest:
    try:
        return queries.mine(key, _officer(request))
    except ActionRejected:
        raise Http404 from None


@require_GET
@login_required
@never_cache
def asked(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The code for the wallet to scan, and then what it showed, for ten minutes."""
    found = _mine(request, key)
    return render(request, "credentials/asked.html", _context(found))


@require_GET
@login_required
@never_cache
def state(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The state alone, for the page that waits; once it is answered the page is loaded anew."""
    found = _mine(request, key)
    response = render(request, "credentials/asked_state.html", _context(found))
    if not _is_open(found):
        response["HX-Refresh"] = "true"
    return response


def _is_open(found: PresentationRequest) -> bool:
    return found.outcome == Outcome.OPEN and now() < found.expires_at


def _context(found: PresentationRequest) -> dict[str, Any]:
    at = now()
    kind = kinds.of(found.service, city_date(at))
    shown = queries.shown(found, at)
    return {
        "row": found,
        "kind": kind,
        "is_open": _is_open(found),
        "is_over": shown is None and found.outcome in (Outcome.OPEN, Outcome.SHOWN),
        "code": qr.svg(address(found)) if _is_open(found) else "",
        "link": address(found),
        "fault": FAULTS.get(found.fault),
        "asked": [_named(kind, path) for path in found.claims],
        "provisional": bool(shown and shown.get("provisional")),
        "lines": [_line(kind, one) for one in shown["claims"]] if shown else [],
    }


def address(found: PresentationRequest) -> str:
    """Return the address that opens a wallet with the request (OpenID4VP 1.0, 5.10)."""
    url = settings.SITE_URL + reverse("credentials:request", args=[found.pk])
    return "openid4vp://?" + urlencode({"client_id": signing.client_id(now()), "request_uri": url})


def _named(kind: kinds.Kind | None, path: list[str]) -> dict[str, str]:
    zh, en = (kind.claims.get(tuple(path)) if kind else None) or (path[-1], path[-1])
    return {"zh": zh, "en": en}


def _line(kind: kinds.Kind | None, one: dict[str, Any]) -> dict[str, Any]:
    value = one["value"]
    if isinstance(value, dict):
        value = value.get(language(), "")
    line = {"name": _named(kind, one["path"]), "value": written(value, language()) or "—"}
    if "status" in one:
        line["status"] = STATUSES[Status(one["status"])]
    return line
