"""Ordering a scan: by the clock once a month, or by a policy officer."""

import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from approvals.errors import not_found
from ledger.clock import city_date
from offers.models import ScanOrder
from people import roles
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue, switches
from services.models.switches import Scope
from services.rulebook import Rulebook

ATTEMPTS = 3  # of a scan that fails; then somebody has to look


def services(on: datetime.date) -> list[Rulebook]:
    """Return what the city offers without being asked, by the editions in force on a day."""
    return [book for book in catalogue.all_current(on) if book.pack.proactive is not None]


def order(*, service: str, by: Actor, now: datetime.datetime) -> ScanOrder:
    """Order a scan of a service; one that waits already is that one.

    Raises ``ActionRejected``: 404 for who may not order any, 422 for a service that is not
    offered so.
    """
    if by.kind is not Kind.OFFICER or by.role not in roles.POLICIES:
        raise not_found()
    _require_offered(service, now)
    with transaction.atomic():
        waiting = ScanOrder.objects.filter(service=service, ended_at=None).order_by("at").first()
        return waiting or ScanOrder.objects.create(service_id=service, by=str(by), at=now)


def order_month(*, by: Actor, now: datetime.datetime) -> int:
    """Order this month's scan of everything that is offered so, once; returns how many are new."""
    today = city_date(now)
    month = today.replace(day=1)
    ordered = ScanOrder.objects.filter(month=month).values_list("service_id", flat=True)
    done, made = set(ordered), 0
    for book in services(today):
        if book.code not in done:
            try:
                with transaction.atomic():
                    ScanOrder.objects.create(service_id=book.code, month=month, by=str(by), at=now)
                made += 1
            except IntegrityError:  # another engine was first
                continue
    return made


def waiting(now: datetime.datetime) -> list[UUID]:
    """Return the orders that are to be run, the oldest first.

    Nothing is offered unasked by rules by which nothing is approved now: those orders wait.
    """
    rows = ScanOrder.objects.filter(ended_at=None, attempts__lt=ATTEMPTS).order_by("at")
    found = list(rows.values_list("pk", "service_id"))
    suspended = switches.live(Scope.SERVICE, (service for _, service in found)) if found else ()
    return [key for key, service in found if service not in suspended]


def _require_offered(service: str, now: datetime.datetime) -> None:
    edition = catalogue.current(service, city_date(now))
    if edition is None or catalogue.rulebook(edition).pack.proactive is None:
        raise ActionRejected(
            "not_offered",
            "该事项未设免申即享（事项包中没有 proactive），不能全城筛查",
            "The city does not offer this service unasked (its pack has no proactive).",
            status=422,
            field="/service",
        )
