"""Where outgoing webhooks may go: the public network, and nothing of ours (SSRF).

A partner's address comes from outside, so it must not make us call our own machines. The name is
resolved once, the address found is checked, and the connection goes to that very address, so a
resolver that changes its mind gains nothing. Redirects are not followed and no proxy is used.
"""

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from exchange.wire import TotalTimeout, plain_session

_HOST = re.compile(r"[a-z0-9.:\-]+")  # other scripts are written as xn--, zones have no place
# two labels at least, the last of them none that is kept for use within a network (RFC 6761, 6762,
# 8375; .internal: ICANN's resolution of July 2024)
_PUBLIC_NAME = re.compile(
    r"(?<!^home)\.(?!(localhost|local|internal|invalid|onion)\.?$)(?!arpa\.?$)[a-z][a-z0-9\-]*\.?$"
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# what `is_global` passes and still leads, or once led, somewhere else
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.88.99.0/24",  # 6to4 relays
            "::/96",  # IPv4-compatible
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",
            "2001::/23",  # Teredo and others
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation (RFC 9637), which this Python does not know yet
            "5f00::/16",  # segment identifiers (RFC 9602), neither
            "fec0::/10",  # site-local
        ),
    )
)


class Blocked(ValueError):
    """This address may not be called; the message says why, without naming what was found."""


def check_url(url: str) -> str:
    """Return ``url`` if a webhook may be there, by its form alone; raises ``Blocked``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Blocked("not an address") from None
    allowed = ("https", "http") if settings.DEMO else ("https",)
    if parts.scheme not in allowed or not host:
        raise Blocked("a webhook is at an https:// address")
    spelled = f"[{host}]" if ":" in host else host
    if parts.netloc.lower() not in (spelled, f"{spelled}:{port}") or not _HOST.fullmatch(host):
        raise Blocked("an address is a host and perhaps a port: no user name, nothing else")
    written = _written(host)
    if written is not None and not public(written, loopback=settings.DEMO):
        raise Blocked("this address is not on the public network")
    if written is None and not settings.DEMO and not _PUBLIC_NAME.search(host):
        raise Blocked("this name is not one of the public network")
    return url


def _written(host: str) -> Address | None:
    """Return the address that a host is written as, in any form that resolvers read; else None.

    Beside four numbers that is ``127.1``, ``2130706433``, ``0x7f000001`` and ``0177.0.0.1``.
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def public(address: Address, *, loopback: bool = False) -> bool:
    """Whether an address belongs to the public network; IPv4 inside IPv6 is looked into."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if loopback and address.is_loopback:
        return True
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


class _FilteringAdapter(TotalTimeout, IPFilterAdapter):
    """The library pins the address that it has checked; here it is checked more strictly."""

    def __init__(self, https: bool) -> None:
        IPFilterAdapter.__init__(self, is_https_proto=https, allow_loopback=settings.DEMO)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: bool | str, cert: Any = None
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ipaddress.ip_address(host["host"].strip("[]"))
        if not public(address, loopback=settings.DEMO):
            raise InvalidIPAddress(address)
        return host, pool


def egress_session() -> requests.Session:
    """Return a session that calls public addresses only; in a demo, loopback too."""
    session = plain_session()
    for scheme in ("http", "https"):
        session.mount(f"{scheme}://", _FilteringAdapter(https=scheme == "https"))
    return session
