"""People of eighty and more in the tests' city, and a scan for their allowance."""

from __future__ import annotations

import datetime as dt

from django.test import Client

from ledger import clock
from offers.actions import scanning
from offers.models import Offer, Scan, ScanOrder
from people import identity
from people.actors import CLOCK
from people.models import User
from tests.approvals.cases import person

SERVICE = "old_age_allowance"
WHO = "very_old"  # a persona of 87


def scan(now: dt.datetime | None = None, service: str = SERVICE) -> Scan:
    at = now or clock.now()
    order = ScanOrder.objects.create(service_id=service, by=str(CLOCK), at=at)
    made = scanning.run(order=order.pk, by=CLOCK, now=at)
    assert made is not None
    return made


def offer(kind: str = WHO) -> Offer:
    return Offer.objects.get(subject=identity.index(person(kind).number), service=SERVICE)


def enter(username: str, language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
    )
    client.cookies["django_language"] = language
    return client
