"""A period is paid: one statement makes the instalments of everybody, and one list names them.

Never twice: a row for each entitlement and period is unique in PostgreSQL, and a row on a list
stays on it. A run that breaks off has written nothing; one that is repeated finds nothing to do.
"""

import csv
import datetime
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

import bulk
from entitlements.models import Entitlement, Instalment, PaymentList
from entitlements.states import LIVE
from ledger import canonical
from ledger.events import instant
from ledger.identifiers import uuid7
from ledger.signatures import sign
from people import identity

TYPE = "miaopi/payments/1"
HEADER = ("application", "entitlement", "number", "name", "period", "yuan")
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('entitlements.paying:' || %s, 0))"
# Whom it pays it locks, so that whoever is ended meanwhile is not paid: PostgreSQL looks at the
# state again when the lock is there. In order of id, as reviews write.
_DUE = """
WITH due AS MATERIALIZED (
    SELECT id, state, amount, basis, edition FROM entitlements_entitlement
    WHERE service = %(service)s AND reviewed_for = %(period)s AND first_period <= %(period)s
      AND (state = 'held' OR amount > 0
           AND (state = 'active' OR state = 'ended' AND ended_on >= %(period)s))
    ORDER BY id FOR SHARE)
INSERT INTO entitlements_instalment
    (id, entitlement_id, period, amount, state, basis, edition, payment_id, made_at)
SELECT gen_random_uuid(), id, %(period)s, CASE WHEN state <> 'held' THEN amount END,
    CASE WHEN state <> 'held' THEN 'due' ELSE 'held' END, basis, edition, NULL, %(now)s
FROM due ON CONFLICT (entitlement_id, period) DO NOTHING
"""
# Locked first, read by the next statement: so it sees what others have cancelled meanwhile.
_PAYEES = """
SELECT e.id FROM entitlements_entitlement e
WHERE e.service = %(service)s AND EXISTS (SELECT FROM entitlements_instalment i
    WHERE i.entitlement_id = e.id AND i.payment_id IS NULL AND i.state = 'due')
ORDER BY e.id FOR SHARE
"""
_LISTED = """
SELECT id FROM entitlements_instalment
WHERE entitlement_id = ANY(%(payees)s) AND payment_id IS NULL AND state = 'due'
  AND period <= %(period)s
"""


@dataclass(frozen=True, slots=True)
class Paid:
    """What a run did. ``unreviewed``: live entitlements that nobody has judged for the period."""

    instalments: int
    payments: PaymentList | None
    unreviewed: int


def pay(*, service: str, period: datetime.date, by: object, now: datetime.datetime) -> Paid:
    """Make the instalments of a period of a service, and the list of all that is due.

    Whoever was not judged for the period is not paid; whoever is held has a row that waits.
    """
    values: dict[str, Any] = {"service": service, "period": period, "now": now}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [service])
        cursor.execute(_DUE, values)
        made = cursor.rowcount
        cursor.execute(_PAYEES, values)
        values["payees"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(_LISTED, values)
        due = [row[0] for row in cursor.fetchall()]
        listed = _list(service, period, due, by, now) if due else None
    unreviewed = (
        Entitlement.objects.filter(service=service, state__in=LIVE, first_period__lte=period)
        .exclude(reviewed_for__gte=period)
        .count()
    )
    return Paid(made, listed, unreviewed)


def _list(
    service: str, period: datetime.date, due: list[UUID], by: object, now: datetime.datetime
) -> PaymentList:
    rows = list(lines(Instalment.objects.filter(id__in=due).values_list("id", flat=True)))
    number = PaymentList.objects.filter(service=service).count() + 1
    total = sum((Decimal(line[-1]) for line in rows), Decimal(0))
    text = written(rows)
    digest = hashlib.sha256(text.encode()).hexdigest()
    made = bulk.new(
        PaymentList,
        id=uuid7(),
        service=service,
        period=period,
        number=number,
        entries=len(rows),
        total=total,
        sha256=digest,
        made_at=now,
        by=str(by),
    )
    signed = sign("receipt", canonical.dumps(statement(made)))
    made.kid, made.algorithm, made.signature = signed
    bulk.insert(PaymentList, [made])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE entitlements_instalment SET payment_id = %s WHERE id = ANY(%s)", [made.id, due]
        )
    return made


def statement(made: PaymentList) -> dict[str, str]:
    """Return what the signature of a list is over, as a canonical object."""
    return {
        "type": TYPE,
        "id": str(made.id),
        "service": made.service,
        "period": made.period.isoformat(),
        "number": str(made.number),
        "entries": str(made.entries),
        "total": f"{made.total:.2f}",
        "sha256": made.sha256,
        "made_at": instant(made.made_at),
    }


_LINES = """
SELECT e.application, e.id::text, e.holder_number, e.holder, e.holder_name, i.period, i.amount
FROM entitlements_instalment i JOIN entitlements_entitlement e ON e.id = i.entitlement_id
WHERE i.id = ANY(%s) ORDER BY e.application, e.id, i.period
"""


def lines(instalments: Iterable[UUID]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a list, as the treasury reads them: with numbers, in a fixed order."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(instalments)])
        for application, key, number, holder, name, period, amount in cursor.fetchall():
            who = identity.decrypt(number, holder)
            yield application, key, who, name, period.isoformat(), f"{amount:.2f}"


def written(rows: list[tuple[str, ...]]) -> str:
    """Return a payment list as CSV (RFC 4180), the same bytes for the same rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return out.getvalue()


def text_of(payments: PaymentList) -> str:
    """Return the text of a list again from its rows; its SHA-256 is the one that was signed."""
    return written(list(lines(payments.instalments.values_list("id", flat=True))))
