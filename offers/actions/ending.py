"""What ends an offer by itself: its last day, and a record that has changed since."""

import datetime
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from exchange import scans
from ledger.clock import city_date
from offers.actions.scanning import CHUNK, edition_of, search_of
from offers.assessing import Assessor
from offers.models import Offer, Scan
from services.scanning import plan

CHANGED = "changed"  # why an offer is withdrawn


def expire(*, now: datetime.datetime) -> int:
    """End the offers whose last day is over; returns how many."""
    over = Offer.objects.filter(state=Offer.State.OPEN, expires_on__lt=city_date(now))
    return over.update(state=Offer.State.EXPIRED, ended_at=now)


def look_again(*, now: datetime.datetime) -> int:
    """Withdraw the open offers whose facts no longer hold: the dead, and who moved away.

    Looked at are those of whom the store has a newer record than the offer's; by the edition that
    found them, as of today. Returns how many were withdrawn.
    """
    gone = 0
    scanned = Offer.objects.filter(state=Offer.State.OPEN).values_list("scan", flat=True)
    for scan in Scan.objects.filter(pk__in=scanned.distinct()):
        gone += _look_again(scan, now)
    return gone


def _look_again(scan: Scan, now: datetime.datetime) -> int:
    book, today = edition_of(scan), city_date(now)
    search = search_of(plan(book, today))
    registries = [source.registry for source in search.sources]
    open_ = Offer.objects.filter(scan=scan, state=Offer.State.OPEN)
    gone = 0
    subjects = list(open_.order_by("subject").values_list("subject", "checked_at"))
    for begin in range(0, len(subjects), CHUNK):
        part = subjects[begin : begin + CHUNK]
        oldest = min(at for _subject, at in part)
        moved = scans.changed([subject for subject, _at in part], registries, oldest)
        if not moved:
            continue
        with transaction.atomic():
            rows = open_.filter(subject__in=moved).select_for_update()
            lost = _lost(rows, scan, moved, now)
            gone += open_.filter(pk__in=lost).update(
                state=Offer.State.WITHDRAWN, ended_at=now, reason=CHANGED
            )
            open_.filter(subject__in=moved).update(checked_at=now)
    return gone


def _lost(
    rows: Iterable[Offer], scan: Scan, subjects: set[str], now: datetime.datetime
) -> list[UUID]:
    """Return the offers that their facts of today no longer support."""
    book, today = edition_of(scan), city_date(now)
    people, assessor = scans.of(search_of(plan(book, today)), subjects), Assessor(book, today)
    holds = {person.subject for person in people if assessor.is_met(person)}
    return [row.pk for row in rows if row.subject not in holds]
