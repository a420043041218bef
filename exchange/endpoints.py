"""Where a partner takes our webhooks, and which of them: its endpoints and their subscriptions."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from exchange.egress import Blocked, check_url
from exchange.models import Endpoint, Partner, everything
from exchange.outgoing import KINDS
from people import text
from people.actors import Actor
from people.errors import ActionRejected

ENDPOINTS_MAX = 20  # of one partner
CODES_MAX = 100  # in one list
_SERVICE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # which there are, this package cannot know
ALL = everything()


@dataclass(frozen=True)
class Subscription:
    """Which notices an endpoint takes: those of each list, where "*" alone stands for all.

    A notice that names no service, or no district, reaches those that take all of them.
    """

    kinds: list[str]
    services: list[str]
    districts: list[str]


EVERYTHING = Subscription(ALL, ALL, ALL)


def of(by: Actor) -> QuerySet[Endpoint]:
    """Return an agency's endpoints; for a program of some services those of these alone."""
    own = Endpoint.objects.filter(partner=by.code)
    return own if by.services is None else own.filter(services__contained_by=sorted(by.services))


def require_within(wanted: Subscription, by: Actor) -> None:
    """Raise ``ActionRejected`` (422) where a program of some services would be sent others'."""
    named = wanted.services if isinstance(wanted.services, list) else []  # else ``write`` says so
    if by.services is None or all(isinstance(one, str) and by.covers(one) for one in named):
        return
    raise ActionRejected(
        "beyond_grant",
        f"只能订阅本系统获准的事项：{'、'.join(sorted(by.services))}",
        f"Subscribe to services of this client alone: {', '.join(sorted(by.services))}.",
        status=422,
        field="/services",
    )


def add(
    partner: Partner,
    url: str,
    *,
    now: datetime.datetime,
    description: str = "",
    wanted: Subscription = EVERYTHING,
) -> Endpoint:
    """Make an endpoint; raises ``ActionRejected`` (409 too many, 422 what may not be kept)."""
    made = Endpoint(partner=partner, created_at=now)
    write(made, url, description, wanted)
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        if Endpoint.objects.filter(partner=partner).count() >= ENDPOINTS_MAX:
            raise ActionRejected(
                "too_many_endpoints",
                f"一个部门最多有 {ENDPOINTS_MAX} 个接收地址",
                f"A partner has {ENDPOINTS_MAX} webhook endpoints at most.",
            )
        made.save()
    return made


def change(endpoint: Endpoint, url: str, description: str, wanted: Subscription) -> None:
    """Write an endpoint anew and switch it on; what waited for it goes out again at once."""
    write(endpoint, url, description, wanted)
    endpoint.ended = Endpoint.Ended.NOT.value
    resume(endpoint)
    endpoint.save()


def resume(endpoint: Endpoint) -> None:
    """Forget that it failed, and that its owner was told; the caller saves it."""
    endpoint.paused_until, endpoint.failures = None, 0
    endpoint.failing_since, endpoint.told_at = None, None


def end(endpoint: Endpoint) -> None:
    """Switch an endpoint off, as its owner: what is owed to it waits until it is switched on."""
    endpoint.ended = Endpoint.Ended.BY_OWNER.value
    endpoint.save(update_fields=["ended"])


def end_if_still_at(endpoint: Endpoint, url: str) -> None:
    """Switch an endpoint off whose address said that it is gone, unless it has another by now."""
    still = Endpoint.objects.filter(pk=endpoint.pk, url=url, ended=Endpoint.Ended.NOT)
    still.update(ended=Endpoint.Ended.GONE)


def set_default(code: str, url: str, *, now: datetime.datetime) -> None:
    """Say where a partner takes whatever it is sent: its oldest endpoint for everything.

    Without an address it is switched off. Raises ``ActionRejected`` (422).
    """
    partner = Partner.objects.get(code=code)
    first = (
        Endpoint.objects.filter(partner=partner, kinds=ALL, services=ALL, districts=ALL)
        .order_by("pk")
        .first()
    )
    if not url:
        if first is not None:
            end(first)
    elif first is None:
        add(partner, url, now=now)
    else:
        change(first, url, first.description, EVERYTHING)


def write(endpoint: Endpoint, url: str, description: str, wanted: Subscription) -> None:
    """Set what an endpoint is, unsaved; raises ``ActionRejected`` (422) with the field."""
    url = text.clean(url, longest=300, field="/url")
    try:
        endpoint.url = check_url(url)
    except Blocked as error:
        raise ActionRejected(
            "bad_url",
            "接收地址应为 https:// 开头的公开地址，不含用户名和口令",
            f"This address cannot be called: {error}.",
            status=422,
            field="/url",
        ) from error
    endpoint.description = text.clean(description, longest=120, field="/description")
    endpoint.kinds = _codes(wanted.kinds, KINDS.__contains__, "/kinds")
    endpoint.services = _codes(wanted.services, _is_service, "/services")
    endpoint.districts = _codes(wanted.districts, settings.CITY.regions.__contains__, "/districts")


def _is_service(code: str) -> bool:
    return _SERVICE.fullmatch(code) is not None


def _codes(given: Any, known: Callable[[str], bool], field: str) -> list[str]:
    if given == ALL:
        return everything()
    if (
        isinstance(given, list)
        and 0 < len(given) <= CODES_MAX
        and all(isinstance(code, str) and known(code) for code in given)
    ):
        return sorted(set(given))
    raise ActionRejected(
        "bad_subscription",
        '应列出已有的代码，或者只写 "*" 表示全部',
        'Known codes are expected, or "*" alone for all of them.',
        status=422,
        field=field,
    )
