"""Agencies' programs: a bearer token each (RFC 6750), kept here only as its hash."""

import datetime
import hashlib
import json
import time
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

import bulk
from exchange.models import Partner
from exchange.oauth import scopes
from ledger import clock
from people import rates
from people.errors import ActionRejected

# every request asks whose token it is and what time it is: once, together
_BY_TOKEN = (
    "SELECT {columns}, clock_timestamp() FROM exchange_partner t"
    " WHERE t.token_hash = %s AND t.active"
)
_STILL = (
    "EXISTS (SELECT FROM exchange_partner p WHERE p.code = %s AND p.token_hash = %s"
    " AND p.active AND p.services = %s::jsonb)"
)
REMEMBERED, KEPT = 2.0, 4096  # seconds, partners
_known: dict[bytes, tuple[float, Partner]] = {}  # until when, and who, by the hash of the token


class AgencyUser:
    """What ``request.user`` is for a program: the partner that it acts for, and since when.

    ``proof`` is what must be true when something is written for it, where that was not asked yet.
    ``scopes``: what the token may be used for.
    """

    is_authenticated = True

    def __init__(
        self, partner: Partner, arrived: datetime.datetime, proof: bulk.Condition | None = None
    ) -> None:
        self.partner, self.arrived, self.proof = partner, arrived, proof
        self.scopes = scopes.ALL
        self.pk = partner.pk


class AgencyToken(BaseAuthentication):
    """A view that ``proves_token`` itself while it writes may be called by a remembered partner.

    What a process learned within ``REMEMBERED`` seconds it does not ask again there: that was a
    seventh of the time of a submission.
    """

    def authenticate(self, request: Request) -> tuple[AgencyUser, str] | None:
        token = _token(request)
        if token is None:
            return None
        digest = hashlib.sha256(token.encode()).digest()
        proves = getattr(request.parser_context["view"], "proves_token", False)
        user = (proves and _remembered(digest)) or _user_by_digest(digest)
        if rates.programs().is_over(user.partner.code):
            raise rates.too_many()
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="miaopi"'


def authenticate_now(request: Request) -> AgencyUser:
    """Ask whose token it is, whatever is remembered; raises ``ActionRejected`` (401)."""
    token = _token(request)
    if token is None:
        raise _bad_token()
    return _user_by_digest(hashlib.sha256(token.encode()).digest())


def _token(request: Request) -> str | None:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer" and 20 <= len(token) <= 200 and token.isascii():
        return str(token)
    raise _bad_token()


def _bad_token() -> ActionRejected:
    return ActionRejected("bad_token", "令牌无效或已停用", "The token is not valid.", status=401)


def _user_by_digest(digest: bytes) -> AgencyUser:
    for partner in bulk.read(Partner, _BY_TOKEN, [digest], also=["arrived"]):
        arrived = partner.__dict__.pop("arrived").astimezone(datetime.UTC)
        clock.remember(arrived)
        if len(_known) >= KEPT:
            _known.clear()
        _known[digest] = time.monotonic() + REMEMBERED, partner
        return AgencyUser(partner, arrived)
    _known.pop(digest, None)
    raise _bad_token()


def _remembered(digest: bytes) -> AgencyUser | None:
    until, partner = _known.get(digest, (0.0, None))
    at = clock.estimate()
    if partner is None or at is None or time.monotonic() > until:
        return None
    same = bulk.Condition(_STILL, (partner.pk, digest, json.dumps(partner.services)))
    return AgencyUser(partner, at, same & clock.is_near(at))


class AgencyTokenScheme(OpenApiAuthenticationExtension):
    target_class = "approvals.api.authentication.AgencyToken"
    name = "agencyToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
