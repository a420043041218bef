"""The provider by which citizens log in (OpenID Connect), and where a demo may run."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env

LEVELS = (1, 2, 3)  # portal.login.levels says what they mean
NAMES_OF_LOOPBACK = ("localhost", "testserver")


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom citizens are sent to, as whom we ask, and what its claims are called.

    ``levels``: our level (1 to 3) of each of its ``acr`` values. ``seconds``: the longest that one
    answer of it may take in all.
    """

    issuer: str
    client: str
    secret: str
    scopes: str
    name_claim: str
    number_claim: str
    levels: Mapping[str, int]
    seconds: float

    @property
    def origin(self) -> str:
        """Where a form may lead to (Content-Security-Policy, ``form-action``)."""
        url = urlsplit(self.issuer)
        return f"{url.scheme}://{url.netloc}"


def provider(env: Env) -> Provider | None:
    """Read ``OIDC_*``; None without ``OIDC_ISSUER``. Raises ``ImproperlyConfigured``."""
    issuer = env.str("OIDC_ISSUER", "")
    if not issuer:
        return None
    url = urlsplit(issuer)
    is_secure = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname))
    if not (is_secure and url.hostname) or url.query or url.fragment:
        raise ImproperlyConfigured("OIDC_ISSUER is an https address without query or fragment")
    made = Provider(
        issuer=issuer,
        client=env.str("OIDC_CLIENT_ID", ""),
        secret=env.str("OIDC_CLIENT_SECRET", ""),
        scopes=env.str("OIDC_SCOPES", "openid profile"),
        name_claim=env.str("OIDC_NAME_CLAIM", "name"),
        number_claim=env.str("OIDC_NUMBER_CLAIM", "id_number"),
        levels=levels("OIDC_LEVELS", env.str("OIDC_LEVELS", "")),
        seconds=env.float("OIDC_SECONDS", 4.0),
    )
    if not (made.client and made.secret):
        raise ImproperlyConfigured("OIDC_ISSUER comes with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
    if "openid" not in made.scopes.split() or not 0 < made.seconds <= 20:
        raise ImproperlyConfigured("OIDC_SCOPES has openid, and OIDC_SECONDS is at most 20")
    return made


def levels(name: str, text: str) -> dict[str, int]:
    """Read ``value=level`` pairs, separated by commas; a value may hold ``=`` itself (a URL)."""
    found: dict[str, int] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        value, equals, level = pair.rpartition("=")
        if not (equals and value) or level not in map(str, LEVELS):
            raise ImproperlyConfigured(f"{name}: {pair} is not value=level with a level of 1 to 3")
        found[value] = int(level)
    return found


def require_local_demo(site: str, hosts: Sequence[str], issuer: str, public_demo_host: str) -> None:
    """Refuse to start with personas, who need no password, where a real city could be reached.

    A demo is at home on loopback. One that others shall see names its host in ``DEMO_HOST``; a
    provider of real people never goes with personas.
    """
    own = [urlsplit(site).hostname or "", *(host.strip("[]") for host in hosts)]
    foreign = [host for host in own if not _is_loopback(host) and host != public_demo_host]
    if foreign:
        raise ImproperlyConfigured(
            f"DEMO lets anybody in as a persona, and {foreign[0]} is not this machine: unset DEMO,"
            " or name the host of a public demonstration in DEMO_HOST"
        )
    if issuer and not _is_loopback(urlsplit(issuer).hostname):
        raise ImproperlyConfigured("DEMO has personas: no provider of real people goes with it")


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host in NAMES_OF_LOOPBACK
