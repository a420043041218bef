"""Agencies' programs: a bearer token each (RFC 6750), kept here only as its hash."""

import hashlib
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from approvals.errors import Refused
from exchange.models import Partner

# in SQL, because every request asks it and composing it anew costs more than PostgreSQL's part
_BY_TOKEN = "SELECT * FROM exchange_partner WHERE token_hash = %s AND active"


class AgencyUser:
    """What ``request.user`` is for a program: the partner that it acts for."""

    is_authenticated = True

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.pk = partner.pk


class AgencyToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AgencyUser, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer" and 20 <= len(token) <= 200 and token.isascii():
            digest = hashlib.sha256(token.encode()).digest()
            partner = next(iter(Partner.objects.raw(_BY_TOKEN, [digest])), None)
            if partner is not None:
                return AgencyUser(partner), token
        raise Refused("bad_token", "令牌无效或已停用", "The token is not valid.", status=401)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="miaopi"'


class AgencyTokenScheme(OpenApiAuthenticationExtension):
    target_class = "approvals.api.authentication.AgencyToken"
    name = "agencyToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
