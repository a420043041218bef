"""Asking to be shown claims of a credential, and taking what a wallet answers."""

import datetime
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from certificates.errors import not_found
from credentials import checking, codes, kinds, queries, signing
from credentials.checking import Faulty
from credentials.errors import WalletError
from credentials.models import PresentationRequest
from credentials.statuslist import Status
from ledger import encryption, keys
from ledger.clock import city_date
from people import roles, text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User

OPEN_FOR = datetime.timedelta(minutes=5)
KEPT_FOR = datetime.timedelta(minutes=10)  # what was shown
STATE, NONCE = "state", "nonce"  # what the codes of a request are for
PURPOSE_LONGEST = 200
MOST = 20  # claims

Outcome = PresentationRequest.Outcome


def ask(
    *,
    service: str,
    claims: Sequence[tuple[str, ...]],
    purpose: str,
    by: Actor,
    now: datetime.datetime,
) -> PresentationRequest:
    """Ask whoever is before an officer to show claims of a service's certificate.

    Raises ``ActionRejected`` (404 no officer who handles cases, 422 what cannot be asked for).
    """
    if by.kind is not Kind.OFFICER or by.role not in roles.HANDLERS or not by.office:
        raise not_found()
    kind = kinds.of(service, city_date(now))
    if kind is None:
        raise ActionRejected("service", "请选择证照", "Choose a certificate.", status=422)
    chosen = [path for path in kind.claims if path in claims]
    if not 1 <= len(chosen) <= MOST or len(chosen) != len(set(claims)):
        raise ActionRejected(
            "claims",
            f"请选择 1 至 {MOST} 项内容",
            f"Choose between 1 and {MOST} things to be shown.",
            status=422,
        )
    purpose = text.clean(purpose, longest=PURPOSE_LONGEST, field="purpose")
    if not purpose:
        raise ActionRejected("purpose", "请填写用途", "Say what it is for.", status=422)
    return PresentationRequest.objects.create(
        officer=User.objects.get(username=by.code),
        office_id=by.office,
        service=service,
        claims=[list(path) for path in chosen],
        purpose=purpose,
        made_at=now,
        expires_at=now + OPEN_FOR,
    )


def answer(*, state: str, tokens: Any, now: datetime.datetime) -> None:
    """Take what a wallet shows; ``tokens`` is the response's ``vp_token`` (OpenID4VP, 8.1).

    What is not genuine leaves the request open, for anybody may have sent it; its officer is told.
    Raises ``WalletError`` (invalid_request).
    """
    with transaction.atomic():
        request = _open(state, now)
        fault = ""
        try:
            shown, status = _check(request, tokens, now)
        except Faulty as error:
            fault = error.code
            PresentationRequest.objects.filter(pk=request.pk).update(fault=fault)
        else:
            _close(request, shown, status, now)
    if fault:
        raise WalletError("invalid_request", f"the presentation is refused: {fault}")


def _close(
    request: PresentationRequest, shown: dict[str, Any], status: Status, now: datetime.datetime
) -> None:
    request.answered_at, request.expires_at = now, now + KEPT_FOR
    if status == Status.VALID:
        request.outcome, request.fault = Outcome.SHOWN, ""
        request.shown = encryption.encrypt("identity", orjson.dumps(shown), request.pk.bytes)
    else:  # nothing of it may be relied on, so nothing of it is kept
        request.outcome = Outcome.FAULTY
        request.fault = "suspended" if status == Status.SUSPENDED else "ended"
    request.save(update_fields=["answered_at", "expires_at", "outcome", "fault", "shown"])


def decline(*, state: str, now: datetime.datetime) -> None:
    """Note that whoever was asked shows nothing; raises ``WalletError``."""
    with transaction.atomic():
        request = _open(state, now)
        request.answered_at, request.outcome, request.fault = now, Outcome.DECLINED, ""
        request.save(update_fields=["answered_at", "outcome", "fault"])


def _open(state: str, now: datetime.datetime) -> PresentationRequest:
    """Lock the request that a response is to, if it may still be answered."""
    key = codes.read(state, STATE)
    rows = PresentationRequest.objects.select_for_update()
    found = rows.filter(pk=key, outcome=Outcome.OPEN, expires_at__gt=now).first() if key else None
    if found is None:
        raise WalletError("invalid_request", "there is no such request, or it is over")
    return found


QUERY = "certificate"  # id of the one query of our requests


def _check(
    request: PresentationRequest, tokens: Any, now: datetime.datetime
) -> tuple[dict[str, Any], Status]:
    """Return what was asked for, with the status of each part, and the status of the whole."""
    if not isinstance(tokens, dict) or set(tokens) != {QUERY}:
        raise Faulty("malformed")
    given = tokens[QUERY]
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise Faulty("malformed")
    expected = checking.Expected(
        issuer=settings.SITE_URL,
        vct=kinds.vct(request.service),
        audience=signing.client_id(now),
        nonce=codes.code(request.pk, NONCE),
    )
    checked = checking.check(given[0], issuer_key, expected, now)
    today = city_date(now)
    shown = [_shown(checked, path, today) for path in request.claims]
    result = {"claims": shown, "provisional": checked.claims.get("provisional")}
    return result, _status(checked.status, today)


def issuer_key(kid: str) -> bytes | None:
    """Return a published key that credentials are or were signed with."""
    found = keys.cache.lookup(kid)
    return found[1] if found and found[0] == signing.WALLET else None


def _shown(checked: checking.Checked, path: list[str], today: datetime.date) -> dict[str, Any]:
    value: Any = checked.claims
    for name in path:
        if not isinstance(value, dict) or name not in value:
            raise Faulty("missing")
        value = value[name]
    if path[0] != "parts":
        return {"path": path, "value": value}
    status = _status(checked.parts[path[1]], today)
    return {
        "path": path,
        "value": {"zh": value["zh"], "en": value["en"]},
        "status": int(status),
    }


def _status(place: checking.Place, today: datetime.date) -> Status:
    """Return a status as it is now: we keep the lists ourselves and need none of them."""
    prefix = settings.SITE_URL + reverse("credentials:status", args=[0])[:-1]
    number = place.url.removeprefix(prefix)
    if number == place.url or not number.isdecimal() or len(number) > 9:
        raise Faulty("malformed")
    status = queries.status_of(int(number), place.index, today)
    if status is None:
        raise Faulty("malformed")
    return status


def erase(now: datetime.datetime) -> int:
    """Erase what was shown and is over; returns how many were."""
    over = PresentationRequest.objects.filter(shown__isnull=False, expires_at__lte=now)
    return over.update(shown=None)
