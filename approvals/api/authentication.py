"""Agencies' programs: a bearer token each (RFC 6750), kept here only as its hash."""

import datetime
import hmac
import time
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

import bulk
from exchange.oauth import certificates, challenges, scopes, tokens
from exchange.oauth.permissions import require_scope
from exchange.oauth.tokens import Grant
from ledger import clock
from people import program_secrets, rates
from people.actors import Actor, agency
from people.errors import ActionRejected

REMEMBERED, KEPT = 2.0, 4096  # seconds, tokens
_known: dict[bytes, tuple[float, Grant]] = {}  # until when, and for what, by the token's hash


class AgencyUser:
    """What ``request.user`` is for a program: the partner that it acts for, and since when.

    ``proof`` is what must be true when something is written for it, where that was not asked yet.
    ``scopes``: what the token may be used for.
    """

    is_authenticated = True

    def __init__(
        self, grant: Grant, arrived: datetime.datetime, proof: bulk.Condition | None = None
    ) -> None:
        self.partner, self.arrived, self.proof = grant.partner, arrived, proof
        self.scopes, self._sight, self._program = grant.scopes, grant.sight, grant.program
        self.pk = self.partner.pk

    @property
    def actor(self) -> Actor:
        return agency(self.partner, self._sight, self._program)


class AgencyToken(BaseAuthentication):
    """A view that ``proves_token`` itself while it writes may be called by a remembered program.

    What a process learned within ``REMEMBERED`` seconds it does not ask again there: that was a
    seventh of the time of a submission.
    """

    def authenticate(self, request: Request) -> tuple[AgencyUser, str] | None:
        token = _token(request)
        if token is None:
            return None
        proves = getattr(request.parser_context["view"], "proves_token", False)
        user = (proves and _remembered(token, request)) or _user(token, request)
        standing = rates.programs().take(user.partner.code)
        request._request.rate_standing = standing  # type: ignore[attr-defined]  # its answer says
        if standing and standing.is_over:
            raise rates.too_many(standing.seconds)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return challenges.bearer()


def authenticate_now(request: Request) -> AgencyUser:
    """Ask whose token it is, whatever is remembered; raises ``ActionRejected`` (401, 403)."""
    token = _token(request)
    if token is None:
        raise _bad_token()
    user = _user(token, request)
    require_scope(user.scopes, request.parser_context["view"], request.method or "")
    return user


def _token(request: Request) -> str | None:
    if "access_token" in request.query_params:
        raise ActionRejected(
            "token_in_query",
            "令牌应放在 Authorization 头中，不得放在网址里",
            "A token belongs into the Authorization header: logs keep addresses.",
            status=400,
        )
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer" and 20 <= len(token) <= 200 and token.isascii():
        return str(token)
    raise _bad_token()


def _bad_token() -> ActionRejected:
    refused = ActionRejected(
        "bad_token", "令牌无效、已到期或已停用", "The token is not valid.", status=401
    )
    refused.headers["WWW-Authenticate"] = challenges.bearer("invalid_token")
    return refused


def _user(token: str, request: Request) -> AgencyUser:
    hashed = program_secrets.hash_of(token)
    grant = tokens.find(token)
    if grant is None:
        _known.pop(hashed, None)
        raise _bad_token()
    clock.remember(grant.arrived)
    if len(_known) >= KEPT:
        _known.clear()
    _known[hashed] = time.monotonic() + REMEMBERED, grant
    _require_certificate(grant, request)
    return AgencyUser(grant, grant.arrived)


def _remembered(token: str, request: Request) -> AgencyUser | None:
    until, grant = _known.get(program_secrets.hash_of(token), (0.0, None))
    at = clock.estimate()
    if grant is None or at is None or time.monotonic() > until:
        return None
    _require_certificate(grant, request)
    return AgencyUser(grant, at, grant.still & clock.is_near(at))


def _require_certificate(grant: Grant, request: Request) -> None:
    """RFC 8705, section 3: a token that is bound to a certificate works with no other."""
    if grant.certificate and not hmac.compare_digest(
        grant.certificate, certificates.presented(request._request)
    ):
        raise _bad_token()


class AgencyTokenScheme(OpenApiAuthenticationExtension):
    """Two schemes, either of which opens an operation: an access token, or the partner's own."""

    target_class = "approvals.api.authentication.AgencyToken"
    name = ["oauth2", "agencyToken"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        flow = {
            "tokenUrl": "/oauth/token",
            "scopes": {code: en for code, (_zh, en) in scopes.SCOPES.items()},
        }
        return [
            {"type": "oauth2", "flows": {"clientCredentials": flow}},
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of an agency itself, which has all of its scopes",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        needed = scopes.of_operation(auto_schema.view, auto_schema.method)
        return [{"oauth2": [needed]}, {"agencyToken": []}]
