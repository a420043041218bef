"""Entitlements for tests: granted as a citizen gets them, and records that change."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import orjson

from approvals.models import Application
from demo.city import welfare
from demo.city.people import Person
from entitlements.actions import Paid, pay, review
from entitlements.models import Entitlement, Instalment
from exchange import records
from ledger.clock import now
from ledger.models import Event
from people import identity
from people.actors import CLOCK, Actor, officer
from services import entitlement
from tests.approvals.cases import CITY, decide, submit
from tests.approvals.cases import actions as approvals
from tests.factories import UserFactory

ALLOWANCE = "old_age_allowance"
OLD = "very_old"


def granted(kind: str = OLD, **more: Any) -> Entitlement:
    """Apply as the persona and let the engine decide; returns the entitlement."""
    more.setdefault("answers", {"consent": True})
    case = decide(submit(kind, ALLOWANCE, **more))[0]
    assert case.state == "approved", Application.objects.get(pk=case.pk).handover
    return Entitlement.objects.get(application=case.number)


def old_people() -> list[Person]:
    """Return residents of eighty and more with nothing against them, behind the personas."""
    found = []
    for i in CITY.members("elder"):
        person = CITY.person(i)
        is_fine = not person.fault and not welfare.welfare(person).fault
        if i >= 40 and person.born.year < 1940 and is_fine and person.hukou_city == "4403":
            found.append(person)
    return found


def granted_to(person: Person) -> Entitlement:
    applicant = approvals.Applicant("person", person.number, person.name)
    return granted(applicant=applicant)


def month(row: Entitlement, n: int = 0) -> datetime.date:
    """The first day of the n-th period of an entitlement, from 0."""
    found = row.first_period
    for _ in range(n):
        found = entitlement.following("month", found)
    return found


def paid(period: datetime.date, service: str = ALLOWANCE) -> Paid:
    """Review and pay one period, as the command does on its first day."""
    at = now()
    review(service=service, period=period, by=CLOCK, now=at)
    return pay(service=service, period=period, by=CLOCK, now=at)


def tell(registry: str, subject: str, **fields: Any) -> None:
    """Deliver a record to the city's store, whole or with fields changed; None takes it away."""
    from exchange.models import Record

    known = Record.objects.filter(subject=subject, registry=registry).first()
    data = {**(known.data if known else {}), **fields}
    records.write([(subject, registry, orjson.dumps(data))], now=now())


def dies(row: Entitlement, on: datetime.date) -> None:
    """Both registries say so."""
    tell("population", row.holder, alive=False)
    tell("death", row.holder, date=on.isoformat(), source="hospital")


def clerk(row: Entitlement, name: str = "") -> Actor:
    more = {"username": name} if name else {}
    return officer(UserFactory(clerk=True, office__code=row.office_id, **more))


def holder(row: Entitlement) -> Actor:
    from people.actors import Kind

    return Actor(Kind.CITIZEN, row.holder, row.holder_name)


def index_of(person: Person) -> str:
    return identity.index(person.number)


def kinds(row: Entitlement) -> list[str]:
    found = Event.objects.filter(subject=row.subject).order_by("seq")
    return list(found.values_list("kind", flat=True))


def fresh(row: Entitlement) -> Entitlement:
    return Entitlement.objects.get(pk=row.pk)


def rows(row: Entitlement) -> list[tuple[datetime.date, str, Decimal | None, bool]]:
    found = Instalment.objects.filter(entitlement=row).order_by("period")
    return [(i.period, i.state, i.amount, i.payment_id is not None) for i in found]
