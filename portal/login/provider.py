"""The provider that citizens log in by: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636).

Authlib speaks the protocol: state, nonce, S256, the token request, keys and claims. What it leaves
open is closed here: the issuer of the metadata (Discovery 1.0, section 4.3), which algorithms sign,
that the token is for us alone, whose the claims of userinfo are (Core, section 5.3.2), and how long
an answer may take in all. Tokens are not kept.
"""

import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from authlib.integrations.django_client.apps import DjangoOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from joserfc.errors import JoseError

from bulk.connections import give_back
from exchange import wire
from portal.login.levels import Level, acr_values

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "PS256", "ES256")  # by key pairs: never "none", never our own secret
METADATA_SECONDS = 3600.0  # for which addresses and algorithms are believed
LEEWAY = 60  # seconds that two clocks may differ
T = TypeVar("T")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class LoginFailed(Exception):
    """Nobody was logged in. ``reason``, one word: unavailable, cancelled, stale or untrusted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ours() -> Any:
    """Return what is set of the provider (``config.oidc.Provider``); only where one is set."""
    assert settings.OIDC is not None
    return settings.OIDC


class _Session(OAuth2Session):
    """A time limit over the whole answer, no redirects, no proxy and no .netrc of this machine."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trust_env = False
        for scheme in ("http://", "https://"):
            self.mount(scheme, wire.TotalTimeout())

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        seconds = ours().seconds
        limits = {"timeout": (seconds / 4, seconds * 3 / 4), "allow_redirects": False}
        return super().request(method, url, **{**kwargs, **limits})


class _Client(DjangoOAuth2App):
    client_cls = _Session

    def load_server_metadata(self) -> dict[str, Any]:
        """Return where the provider answers; what it says of its issuer and keys must fit."""
        if time.time() - self.server_metadata.get("_loaded_at", 0.0) > METADATA_SECONDS:
            self.server_metadata.clear()
        metadata: dict[str, Any] = super().load_server_metadata()
        issuer = ours().issuer
        scheme = urlsplit(issuer).scheme
        addresses = [str(metadata.get(name, "")) for name in ENDPOINTS]
        fits = metadata.get("issuer") == issuer and all(
            urlsplit(address).scheme in (scheme, "https") for address in addresses
        )
        if not fits:
            self.server_metadata.clear()
            raise LoginFailed("untrusted")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        usable = [name for name in ALGORITHMS if name in offered]
        metadata["id_token_signing_alg_values_supported"] = usable
        return metadata


@lru_cache(maxsize=1)
def client() -> _Client:
    """Return the one client of this process, which keeps the provider's addresses and keys."""
    configured = ours()
    made = OAuth()
    made.register(
        "provider",
        client_cls=_Client,
        client_id=configured.client,
        client_secret=configured.secret,
        server_metadata_url=f"{configured.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": configured.scopes,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
        },
    )
    return made.create_client("provider")  # type: ignore[no-any-return]


def begin(request: HttpRequest, level: Level, onward: str) -> HttpResponse:
    """Send the browser to the provider; state, nonce and verifier stay in the session.

    ``onward``: the page to go to afterwards, which ``finish`` returns.

    Of somebody who is logged in already but not surely enough, it asks for a new log-in.
    Raises ``LoginFailed``.
    """
    more = {"acr_values": acr_values(level)} if level > Level.LOW else {}
    if request.user.is_authenticated:
        more["prompt"] = "login"
    response = _asked(lambda: client().authorize_redirect(request, _back(), **more))
    state = parse_qs(urlsplit(response["Location"]).query)["state"][0]
    kept, session = client().framework, request.session
    kept.set_state_data(session, state, {**kept.get_state_data(session, state), "next": onward})
    return response


def onward(request: HttpRequest) -> str:
    """Return the page that was wished for before the provider sent the browser back, or nothing."""
    state = request.GET.get("state", "")
    data = client().framework.get_state_data(request.session, state) or {}
    return str(data.get("next", ""))


def finish(request: HttpRequest) -> Mapping[str, Any]:
    """Return the claims about who has logged in at the provider; raises ``LoginFailed``.

    Each state serves once, so that an address of the history logs nobody in again.
    """
    kept, state = client().framework, request.GET.get("state", "")
    if kept.get_state_data(request.session, state) is None:
        raise LoginFailed("stale")
    if request.GET.get("error"):
        kept.clear_state_data(request.session, state)
        denied = request.GET["error"] in ("access_denied", "login_required", "consent_required")
        raise LoginFailed("cancelled" if denied else "untrusted")
    return _asked(lambda: _claims(request))


def _claims(request: HttpRequest) -> dict[str, Any]:
    configured = ours()
    options = {
        "iss": {"essential": True, "values": [configured.issuer]},
        "aud": {"essential": True, "values": [configured.client]},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "sub": {"essential": True},
    }
    token = client().authorize_access_token(request, claims_options=options, leeway=LEEWAY)
    claims = dict(token.get("userinfo") or {})
    if not claims.get("nonce"):
        raise LoginFailed("untrusted")  # no ID token, or one that answers nobody's question
    if {configured.name_claim, configured.number_claim} <= claims.keys():
        return claims
    more = dict(client().userinfo(token=token))
    if more.get("sub") != claims["sub"]:
        raise LoginFailed("untrusted")
    return {**more, **claims}


def end() -> str:
    """Return where to go to log out at the provider as well (RP-Initiated Logout 1.0), or nothing.

    Without an ``id_token_hint``: a token in an address could carry the person's number. The
    provider therefore asks its user once more.
    """
    try:
        made = _asked(
            lambda: client().create_logout_url(
                post_logout_redirect_uri=settings.SITE_URL + reverse("portal:home"),
                client_id=ours().client,
            )
        )
    except LoginFailed:
        return ""
    return str(made["url"])


def _back() -> str:
    return f"{settings.SITE_URL}{reverse('portal:login-back')}"


def _asked(ask: Callable[[], T]) -> T:
    """Ask the provider, without a connection to the database meanwhile."""
    give_back()
    try:
        return ask()
    except LoginFailed:
        raise
    except requests.RequestException as error:
        log.warning("the log-in provider does not answer: %s", type(error).__name__)
        raise LoginFailed("unavailable") from error
    except (AuthlibBaseError, JoseError, RuntimeError, ValueError, KeyError, TypeError) as error:
        # the class alone: what a provider writes into a description is not ours to log
        log.warning("a log-in was not trusted: %s", type(error).__name__)
        raise LoginFailed("untrusted") from error
