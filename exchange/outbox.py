"""What we owe other agencies: written with the change that it tells of, sent afterwards."""

import datetime
from typing import Any

from django.db import connection

import bulk
from exchange.models import Notice
from exchange.outgoing import KINDS, outgoing
from ledger import canonical
from ledger.events import instant
from ledger.identifiers import uuid7


def notice(
    partner_code: str, kind: str, subject: str, data: dict[str, Any], now: datetime.datetime
) -> Notice:
    """Return a new, unsaved notice; write it with ``bulk.insert`` beside its cause.

    ``kind`` is one of ``outgoing.KINDS``, else ``ValueError``: each has a test of what it sends.
    ``data`` is put in the form that may leave us (``outgoing``: ID numbers masked, numbers as text;
    dates must be text, else ``NotCanonical``) and signed in just those bytes. Notices of one
    ``subject`` reach a partner in the order in which they were written, so write them while the
    subject is locked.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of notice: {kind}")
    message = {"type": kind, "timestamp": instant(now), "data": outgoing(data)}
    body = canonical.dumps(message).decode()
    return bulk.new(
        Notice,
        id=uuid7(),
        partner_id=partner_code,
        kind=kind,
        subject=subject,
        body=body,
        state=Notice.State.DUE.value,
        next_at=now,
        created_at=now,
    )


def waiting(now: datetime.datetime) -> list[str]:
    """Return the partners that something can be sent to now: reachable, and not paused."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.code FROM exchange_partner AS p
            WHERE p.active AND p.webhook_url <> '' AND (p.paused_until <= %(now)s) IS NOT FALSE
              AND EXISTS (
                SELECT 1 FROM exchange_notice AS n
                WHERE n.partner_id = p.code AND n.state = 'due' AND n.next_at <= %(now)s
                  AND (n.leased_until < %(now)s) IS NOT FALSE)
            ORDER BY p.code
            """,
            {"now": now},
        )
        return [row[0] for row in cursor.fetchall()]


def is_late(now: datetime.datetime, by: datetime.timedelta) -> bool:
    """Has a notice been due for so long that nobody holds, to a partner that can be reached?

    A later notice of a subject is not due while an earlier one is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM exchange_notice AS n JOIN exchange_partner AS p ON p.code = n.partner_id
                WHERE n.state = 'due' AND n.next_at < %(bound)s
                  AND (n.leased_until < %(bound)s) IS NOT FALSE
                  AND p.active AND p.webhook_url <> '' AND (p.paused_until < %(bound)s) IS NOT FALSE
                  AND NOT EXISTS (
                    SELECT FROM exchange_notice AS e
                    WHERE e.subject = n.subject AND e.partner_id = n.partner_id
                      AND e.state = 'due' AND e.place < n.place))
            """,
            {"bound": now - by},
        )
        return bool(cursor.fetchone()[0])


def due(now: datetime.datetime) -> int:
    """Return how many partners have a notice to be sent now; 0 when nothing is to do."""
    return len(waiting(now))


def lease(partner_code: str, *, now: datetime.datetime, seconds: float, limit: int) -> list[Notice]:
    """Claim up to ``limit`` due notices to a partner, the earliest of each subject.

    The claim counts as an attempt and runs out after ``seconds``; it is its own commit, so an
    attempt that kills its worker is counted. A later notice of a subject stays until the earlier
    one is delivered or dead.
    """
    claimed = list(
        Notice.objects.raw(
            """
            WITH ready AS MATERIALIZED (
                SELECT n.id FROM exchange_notice AS n
                WHERE n.partner_id = %(partner)s AND n.state = 'due' AND n.next_at <= %(now)s
                  AND (n.leased_until < %(now)s) IS NOT FALSE
                  AND NOT EXISTS (
                    SELECT 1 FROM exchange_notice AS e
                    WHERE e.subject = n.subject AND e.partner_id = n.partner_id
                      AND e.state = 'due' AND e.place < n.place)
                ORDER BY n.next_at LIMIT %(limit)s
                FOR UPDATE SKIP LOCKED)
            UPDATE exchange_notice AS t SET attempts = attempts + 1, leased_until = %(until)s
            FROM ready WHERE t.id = ready.id RETURNING t.*
            """,
            {
                "until": now + datetime.timedelta(seconds=seconds),
                "partner": partner_code,
                "now": now,
                "limit": limit,
            },
        )
    )
    return sorted(claimed, key=lambda claim: (claim.next_at, claim.pk))


def release(notices: list[Notice]) -> None:
    """Give back notices that were claimed and not tried."""
    with connection.cursor() as cursor:
        for claimed in notices:
            cursor.execute(
                "UPDATE exchange_notice SET attempts = attempts - 1, leased_until = NULL"
                " WHERE id = %s AND attempts = %s AND state = 'due'",
                [claimed.pk, claimed.attempts],
            )


def replay(*, ids: list[Any], by: object, now: datetime.datetime) -> int:
    """Make dead or delivered notices due again, from their first attempt; returns how many."""
    return (
        Notice.objects.filter(pk__in=ids)
        .exclude(state=Notice.State.DUE)
        .update(
            state=Notice.State.DUE,
            attempts=0,
            next_at=now,
            leased_until=None,
            delivered_at=None,
            last_status=f"replay by {by}"[:80],
        )
    )
