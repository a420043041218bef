"""Who may try to log in, from where and how often; and how long a session lasts.

Wrong passwords are counted in PostgreSQL by django-axes, in three sums over the last hour:

1. one account from one address: 10, then that pair waits;
2. one address, whatever accounts it tries: 100;
3. one account from all addresses: 50, then only addresses from which it logged in within 90 days.

Of a pair that waits no more than its 10 are counted in the other two: what it goes on trying is not
even looked at, and must not be what stops the account elsewhere.
So nobody can keep an officer out from another address: the third limit spares the officer's own.
A successful log-in removes the count of its pair.
"""

import datetime
import ipaddress
from collections.abc import Mapping
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib import auth
from django.db.models import Sum
from django.http import HttpRequest

from ledger.clock import now
from people import forwarded, identity
from people.models import User

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stands for an unknown client; never NULL
ADDRESS_LIMIT = 100
ACCOUNT_LIMIT = 50
KNOWN_FOR = datetime.timedelta(days=90)
WINDOW = datetime.timedelta(hours=settings.AXES_COOLOFF_TIME)
_NOTED_EVERY = 60  # seconds; a session row is not written at every page


def client_address(request: HttpRequest) -> str:
    """Return the client's address, from ``PROXY_COUNT`` proxies that each append one.

    Whatever the client itself sent stands further left and is never read. Without proxies it is
    the peer's; a Unix socket has none. Of IPv6 the first 64 bits count, which is one subscriber.
    """
    return _counted(forwarded.client_and_count(request)[0])


def _counted(text: str) -> str:
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:  # an IPv4 address with a port
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return NO_ADDRESS
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        prefix = int(address) >> 64 << 64
        return str(ipaddress.IPv6Address(prefix))
    return str(address)


def counted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return what is kept of a typed user name: the name of an account, else its keyed hash.

    People type passwords and identity numbers into that field.
    """
    typed = str((credentials or {}).get("username") or request.POST.get("username") or "")
    if typed and len(typed) <= 150 and User.objects.filter(username=typed).exists():
        return typed
    return identity.index(typed)


class Limits(AxesDatabaseHandler):
    """django-axes' counts, and the two sums that it does not know."""

    def is_locked(self, request: HttpRequest, credentials: Any = None) -> bool:
        locked = super().is_locked(request, credentials) or _over_sums(request, credentials)
        if locked:
            request.axes_locked_out = True  # type: ignore[attr-defined]  # answered with a 429
        return locked


def _over_sums(request: HttpRequest, credentials: Any) -> bool:
    address, name = client_address(request), counted_name(request, credentials)
    # without an address all are one: that count would lock everybody out
    if address != NO_ADDRESS and _failures("username", ip_address=address) >= ADDRESS_LIMIT:
        return True
    return _failures("ip_address", username=name) >= ACCOUNT_LIMIT and not _known(name, address)


def _failures(other: str, **whose: str) -> int:
    """Return the wrong passwords of an address or an account; ``other`` is the pair's other one."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=now() - WINDOW, **whose)
    pairs = recent.values_list(other).annotate(Sum("failures_since_start"))
    return sum(min(failures, settings.AXES_FAILURE_LIMIT) for _other, failures in pairs)


def _known(name: str, address: str) -> bool:
    return AccessLog.objects.filter(
        username=name, ip_address=address, attempt_time__gt=now() - KNOWN_FOR
    ).exists()


def began_lately(request: HttpRequest, at: float, *, within: float) -> bool:
    """Tell whether this session's log-in is at most ``within`` seconds old; ``at`` in seconds."""
    return 0 <= at - float(request.session.get("since", at)) <= within


def session_is_current(request: HttpRequest, at: float) -> bool:
    """Tell whether a session goes on; one that is over is logged out.

    At most ``SESSION_COOKIE_AGE`` after its first page, and ``SESSION_IDLE`` after its last, for
    officers and citizens alike. ``at`` is in seconds.
    """
    session = request.session
    since, seen = session.get("since", at), session.get("seen", at)
    if at - since > settings.SESSION_COOKIE_AGE or at - seen > settings.SESSION_IDLE:
        auth.logout(request)
        return False
    if "since" not in session or at - seen > _NOTED_EVERY:
        session["since"], session["seen"] = since, at
    return True
