"""Agencies' programs: a bearer token each (RFC 6750), kept here only as its hash."""

import datetime
import hashlib
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from approvals.errors import Refused
from exchange.models import Partner
from ledger import rows

# every request asks whose token it is and what time it is: once, together
_BY_TOKEN = (
    "SELECT {columns}, clock_timestamp() FROM exchange_partner t"
    " WHERE t.token_hash = %s AND t.active"
)


class AgencyUser:
    """What ``request.user`` is for a program: the partner that it acts for, and since when."""

    is_authenticated = True

    def __init__(self, partner: Partner, arrived: datetime.datetime) -> None:
        self.partner, self.arrived = partner, arrived
        self.pk = partner.pk


class AgencyToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AgencyUser, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer" and 20 <= len(token) <= 200 and token.isascii():
            digest = hashlib.sha256(token.encode()).digest()
            for partner in rows.read(Partner, _BY_TOKEN, [digest], also=["arrived"]):
                arrived = partner.__dict__.pop("arrived")
                return AgencyUser(partner, arrived.astimezone(datetime.UTC)), token
        raise Refused("bad_token", "令牌无效或已停用", "The token is not valid.", status=401)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="miaopi"'


class AgencyTokenScheme(OpenApiAuthenticationExtension):
    target_class = "approvals.api.authentication.AgencyToken"
    name = "agencyToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
