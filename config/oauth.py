"""Access tokens of agencies' programs: Django OAuth Toolkit with models of ours (``exchange``).

Client credentials are its only grant, so its other kinds of rows do not exist: each of its models
is replaced by one of ours, and it has no tables of its own.
"""

from django.core.exceptions import ImproperlyConfigured
from environs import Env

CLIENT, TOKEN = "exchange.Client", "exchange.AccessToken"
SHORTEST, LONGEST = 60, 3600  # seconds


def toolkit(seconds: int) -> dict[str, object]:
    """Return the toolkit's own settings; its gates of RFC 9700 are closed, used or not."""
    gates = (
        "IMPLICIT_GRANT PASSWORD_GRANT PKCE_METHOD ACCESS_TOKEN_TRANSPORT AUTHZ_RESPONSE_ISS"
        " TOKEN_STORAGE REFRESH_TOKEN REDIRECT_URI_SCHEME REDIRECT_URI_MATCHING PKCE_REQUIRED"
    )
    return {
        "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
        "OAUTH2_BACKEND_CLASS": "exchange.oauth.validator.Core",
        "OAUTH2_VALIDATOR_CLASS": "exchange.oauth.validator.Validator",
        "ACCESS_TOKEN_GENERATOR": "exchange.oauth.tokens.generate",
        "ACCESS_TOKEN_EXPIRE_SECONDS": seconds,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        **{f"COMPLIANT_BCP_RFC9700_{gate}": True for gate in gates.split()},
    }


def seconds(env: Env) -> int:
    """Read ``ACCESS_TOKEN_SECONDS``: how long a token lasts. Raises ``ImproperlyConfigured``."""
    found = env.int("ACCESS_TOKEN_SECONDS", 600)
    if not SHORTEST <= found <= LONGEST:
        raise ImproperlyConfigured(f"ACCESS_TOKEN_SECONDS is from {SHORTEST} to {LONGEST}")
    return int(found)


def certificates(env: Env, proxies: int) -> tuple[str, str]:
    """Read the proxy's header with the client's certificate, and the address that asks for one.

    Raises ``ImproperlyConfigured`` where no proxy is in front, which alone may say so.
    """
    header = env.str("CLIENT_CERTIFICATE_HEADER", "")
    if header and not proxies:
        raise ImproperlyConfigured("CLIENT_CERTIFICATE_HEADER needs a proxy: see PROXY_COUNT")
    return header, env.str("CLIENT_CERTIFICATE_URL", "").rstrip("/")
