"""What pages read of scans and offers."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import orjson
from django.db.models import QuerySet

from offers.models import Offer, ScanReading
from people.actors import Actor, Kind
from services.entitlement import first_period, granted, standing
from services.inputs import read_inputs
from services.pack.model import AS_OF
from services.rulebook import Rulebook
from services.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Worth:
    """What an offer pays: yuan a period, from the first day of the first one."""

    amount: Decimal
    period: Literal["month", "quarter", "year"]
    begins: datetime.date


def worth_of(offer: Offer, book: Rulebook, on: datetime.date) -> Worth | None:
    """Return what would be paid to whoever agrees on a day, several results together; else None.

    None: it pays nothing, or nobody can say how much from when.
    """
    facts = orjson.loads(offer.inputs)
    today = read_inputs(book, {**facts, AS_OF: on.isoformat()})
    runs = granted(book, today)
    begins = {first_period(run, today) for run in runs}
    first = next(iter(begins)) if len(begins) == 1 else None
    if first is None or len({run.spec.period for run in runs}) != 1:
        return None
    then = read_inputs(book, {**facts, AS_OF: first.isoformat()})
    amounts = [standing(run, then, on).amount for run in runs]
    known = [amount for amount in amounts if amount is not None]
    if len(known) != len(amounts):
        return None
    return Worth(sum(known, Decimal(0)), runs[0].spec.period, first)


def open_offers(by: Actor, on: datetime.date) -> QuerySet[Offer]:
    """Return what a citizen may still agree to on a day, the newest first; nobody else has any."""
    if by.kind is not Kind.CITIZEN or not by.code:
        return Offer.objects.none()
    rows = Offer.objects.filter(subject=by.code, state=Offer.State.OPEN, expires_on__gte=on)
    return rows.select_related("scan").defer("scan__subjects").order_by("-made_at")


def readings_of(offer: Offer) -> Iterable[ScanReading]:
    """Return what was read when it was found, what was gone through first."""
    return ScanReading.objects.filter(scan=offer.scan_id).order_by("-everybody", "registry")


def verdict_of(offer: Offer, book: Rulebook) -> Verdict:
    """Return the verdict of an offer's recorded facts by the edition that found it."""
    return judge(book, read_inputs(book, orjson.loads(offer.inputs)))
