"""Through which proxies a request came: what their headers say is believed of no one else.

A proxy is an address of ``PROXY_ADDRESSES``, or what connects to a Unix socket. Each appends whom
it saw to ``X-Forwarded-For``, so that header is read from its end, as far as proxies wrote it.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_and_count(request: HttpRequest) -> tuple[str, int]:
    """Return the client's address as text, and how many proxies the request came through.

    At most ``PROXY_COUNT``: whatever stands further left is the client's own word.
    """
    seen, passed = request.META.get("REMOTE_ADDR", ""), 0
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    hops = forwarded.split(",") if forwarded else []
    while hops and passed < settings.PROXY_COUNT and is_proxy(seen):
        seen, passed = hops.pop().strip(), passed + 1
    return seen, passed


def is_proxy(address: str) -> bool:
    """Tell whether an address is one of the proxies; a Unix socket's peer has none (``""``)."""
    return not address or _is_within(address, tuple(settings.PROXY_ADDRESSES))


@lru_cache(maxsize=1024)
def _is_within(text: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


class Scheme:
    """Middleware: ``X-Forwarded-Proto`` of anybody but a proxy is dropped before it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_X_FORWARDED_PROTO" in request.META and not is_proxy(
            request.META.get("REMOTE_ADDR", "")
        ):
            del request.META["HTTP_X_FORWARDED_PROTO"]
        return self.get_response(request)
