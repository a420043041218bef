"""The door for assistants, as the settings say: off unless ``ASSISTANTS`` is on."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env


@dataclass(frozen=True, slots=True)
class Door:
    """Where assistants come in, if ``is_open``.

    ``url``: of the MCP endpoint, as they know it: the audience of their tokens (RFC 8707).
    ``token_seconds``: how long one lasts; the rates as ``people.rates`` has them.
    """

    is_open: bool
    url: str
    token_seconds: int
    assistant_rate: str
    mandate_rate: str

    @property
    def origin(self) -> str:
        """The issuer of tokens (RFC 8414), and the only origin that a browser may come from."""
        url = urlsplit(self.url)
        return f"{url.scheme}://{url.netloc}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


def door(env: Env) -> Door:
    """Read ``ASSISTANTS*``. Raises ``ImproperlyConfigured``."""
    text = env.str("ASSISTANTS_URL", "http://127.0.0.1:8010/mcp")
    url = urlsplit(text)
    is_secure = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname))
    if not (is_secure and url.hostname and url.path.strip("/")) or url.query or url.fragment:
        raise ImproperlyConfigured("ASSISTANTS_URL is an https address with a path, such as …/mcp")
    seconds = env.int("ASSISTANTS_TOKEN_SECONDS", 600)
    if not 1 <= seconds <= 3600:
        raise ImproperlyConfigured("ASSISTANTS_TOKEN_SECONDS is 1 to 3600")
    return Door(
        is_open=env.bool("ASSISTANTS", False),
        url=text,
        token_seconds=seconds,
        assistant_rate=env.str("ASSISTANTS_RATE", "600/minute"),
        mandate_rate=env.str("ASSISTANTS_MANDATE_RATE", "60/minute"),
    )


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
