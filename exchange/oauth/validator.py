"""What Django OAuth Toolkit and oauthlib ask of us: who a client is, and what it may have.

Only client credentials are granted (OAuth 2.1, section 4.2): the server (``config.oauth``) knows no
other grant, so that nothing here is ever asked about users, redirections or refresh tokens.
"""

import datetime
import logging
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from exchange.models import Client
from exchange.oauth import certificates, clients, scopes, tokens
from ledger import clock
from people import program_secrets, proxies, rates
from people.rates import Rate

log = logging.getLogger(__name__)
logging.getLogger("oauthlib").setLevel(logging.INFO)  # what it says of less has the tokens in it
FORM = "application/x-www-form-urlencoded"
WRONG_SECRETS = Rate("secret", "10/minute")  # of one client from one address
_CLIENT_ID = re.compile(r"[a-z0-9_-]{1,60}")


class Core(OAuthLibCore):
    """oauthlib's view of a request: what it needs of it, and nothing else."""

    def extract_headers(self, request: HttpRequest) -> dict[str, str]:
        return {
            "Authorization": request.META.get("HTTP_AUTHORIZATION", ""),
            "Content-Type": FORM,
            "address": proxies.counted_address(request),
            "certificate": certificates.presented(request),
        }


class TooOften(errors.OAuth2Error):
    """No more secrets are tried for a while, right or wrong."""

    error, status_code = "temporarily_unavailable", 429
    description = "Too many wrong secrets; wait a little."


class Validator(OAuth2Validator):
    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """RFC 6749, section 2.3.1: by Basic or in the body, never both; and by certificate.

        ``request.client`` is set where it holds.
        """
        found = _credentials(request)
        if found is None or not _CLIENT_ID.fullmatch(found[0]):
            return False
        client_id, secret = found
        whose = f"{client_id}@{request.headers['address']}"
        if rates.is_spent(WRONG_SECRETS, whose):
            raise TooOften(request=request)
        rows = Client.objects.select_related("partner")
        client = rows.filter(client_id=client_id, ended_at=None, partner__active=True).first()
        shown = request.headers["certificate"]
        bound = client.certificates if client else []
        is_secret = clients.is_secret(client, secret, clock.now())
        if not is_secret or (bound and shown not in bound):
            rates.is_over(WRONG_SECRETS, whose)
            return False
        request.client, request.certificate = client, shown if bound else ""
        return True

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *a: Any, **k: Any
    ) -> bool:
        return grant_type == "client_credentials"

    def get_default_scopes(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        return sorted(_most(request.client).scopes)

    def validate_scopes(
        self,
        client_id: str,
        scopes: Sequence[str],
        client: Client,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Nothing beyond the client's and its partner's grant; what is issued names it in full."""
        request.granted = _asked_for(scopes, client)
        if request.granted is None:
            return False
        operations, services = request.granted
        narrowed = [f"service:{code}" for code in services if code != "*"]
        request.scopes = [*operations, *narrowed]
        return True

    def save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        operations, services = request.granted
        made = tokens.issue(
            client=request.client,
            token=token["access_token"],
            scopes=operations,
            services=services,
            certificate=request.certificate,
            lifetime=datetime.timedelta(seconds=settings.ACCESS_TOKEN_SECONDS),
        )
        log.info("access token %s issued to client %s", made.pk, request.client)

    def revoke_token(
        self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        ended = tokens.revoke(request.client, token)
        log.info("client %s revoked %d access tokens", request.client, ended)


def _most(client: Client) -> scopes.Reach:
    partner = client.partner
    return scopes.reach((client.scopes, client.services), (partner.scopes, partner.services))


def _asked_for(words: Sequence[str], client: Client) -> tuple[list[str], list[str]] | None:
    return scopes.asked_for(words, _most(client))


def _credentials(request: Request) -> tuple[str, str] | None:
    """Return a client's id and secret as they were sent, one way alone; None for anything else."""
    header = request.headers.get("Authorization", "")
    in_body = request.client_id, request.client_secret
    if not header:
        return in_body if all(in_body) else None
    return None if any(in_body) else program_secrets.basic(header)
