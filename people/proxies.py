"""Whether ``PROXY_COUNT`` and ``PROXY_ADDRESSES`` fit what stands in front.

Else all citizens look like one: then counts by address would refuse everybody. What does not fit
is logged, `/ready/` shows it, and a request that shows it is counted by no address.
"""

import ipaddress
import logging
import time
from collections import deque

from django.conf import settings
from django.http import HttpRequest

from people import forwarded
from people.access import NO_ADDRESS, client_address

log = logging.getLogger(__name__)

ALIKE = 200  # counted requests in a row from one private address that are no coincidence
_REMEMBERED = 600.0  # seconds that `/ready/` shows what was seen
_LOGGED_EVERY = 60.0

_recent: deque[str] = deque(maxlen=ALIKE)
_seen: dict[str, float] = {}  # fault: when it was last seen


def counted_address(request: HttpRequest) -> str:
    """Return the client's address to count by; empty where ``PROXY_COUNT`` cannot be right."""
    address = client_address(request)
    if fault := _fault(request, address):
        _note(fault)
        return ""
    _recent.append(address)
    alike = len(_recent) == ALIKE and len(set(_recent)) == 1
    if alike and _is_private(address) and not settings.DEMO:  # a demo is tried from one machine
        _note(f"the last {ALIKE} counted requests came from one private address")
    return address


def came_through(request: HttpRequest) -> bool:
    """Tell whether a request came through as many proxies as there are (``people.forwarded``).

    Only then is what the proxy says of it true, such as which TLS certificate its client has.
    """
    return 0 < settings.PROXY_COUNT == forwarded.client_and_count(request)[1]


def _fault(request: HttpRequest, address: str) -> str:
    is_forwarded = bool(request.META.get("HTTP_X_FORWARDED_FOR"))
    count, peer = settings.PROXY_COUNT, request.META.get("REMOTE_ADDR", "")
    passed = forwarded.client_and_count(request)[1]
    if count > passed:
        return f"PROXY_COUNT is {count}, and a request came through {passed} of PROXY_ADDRESSES"
    if not count and is_forwarded and (not peer or _is_private(peer)):
        return "PROXY_COUNT is 0, and a proxy names its clients in X-Forwarded-For"
    if address == NO_ADDRESS:
        return "a request has no address: PROXY_COUNT is 0 behind a proxy, or it names no client"
    return ""


def _is_private(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_private
    except ValueError:
        return False


def _note(fault: str) -> None:
    at = time.monotonic()
    if at - _seen.get(fault, float("-inf")) > _LOGGED_EVERY:
        log.error("%s; docs/running.md says how many there must be", fault)
        _seen[fault] = at


def are_doubtful() -> bool:
    """Tell whether a request of the last ten minutes did not fit ``PROXY_COUNT``."""
    return any(time.monotonic() - at < _REMEMBERED for at in _seen.values())
