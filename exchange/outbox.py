"""What we owe other agencies: written with the change that it tells of, sent afterwards."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models

import bulk
from exchange import routing
from exchange.models import Notice, WebhookDelivery
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
    identifier, at = uuid7(), instant(now)
    message = {
        "type": kind,
        "timestamp": at,
        "data": outgoing(data),
        # what CloudEvents 1.0 asks besides, in its JSON format
        "specversion": "1.0",
        "id": str(identifier),
        "source": f"{settings.SITE_URL}/",
        "subject": outgoing(subject),
        "time": at,
        "datacontenttype": "application/json",
    }
    return bulk.new(
        Notice,
        id=identifier,
        partner_id=partner_code,
        kind=kind,
        subject=subject,
        body=canonical.dumps(message).decode(),
        created_at=now,
    )


_REACHABLE = (
    "e.ended = '' AND (e.paused_until <= %(now)s) IS NOT FALSE"
    " AND EXISTS (SELECT FROM exchange_partner p WHERE p.code = e.partner_id AND p.active)"
)
# an earlier delivery of the same subject goes first
_NEXT = (
    "NOT EXISTS (SELECT FROM exchange_webhookdelivery f WHERE f.subject = d.subject"
    " AND f.endpoint_id = d.endpoint_id AND f.state = 'due' AND f.place < d.place)"
)


def waiting(now: datetime.datetime) -> dict[UUID, str]:
    """Return the endpoints that something can be sent to now, reachable and not paused, each with
    its partner's code."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.id, e.partner_id FROM exchange_endpoint AS e
            WHERE {_REACHABLE}
              AND EXISTS (
                SELECT 1 FROM exchange_webhookdelivery AS d
                WHERE d.endpoint_id = e.id AND d.state = 'due' AND d.next_at <= %(now)s
                  AND (d.leased_until < %(now)s) IS NOT FALSE)
            ORDER BY e.id
            """,  # noqa: S608 - constants
            {"now": now},
        )
        return dict(cursor.fetchall())


def is_late(now: datetime.datetime, by: datetime.timedelta) -> bool:
    """Has a notice been due for so long that nobody holds, to an endpoint that can be reached?

    A later notice of a subject is not due while an earlier one is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (
                SELECT FROM exchange_webhookdelivery AS d
                JOIN exchange_endpoint AS e ON e.id = d.endpoint_id
                WHERE d.state = 'due' AND d.next_at < %(now)s
                  AND (d.leased_until < %(now)s) IS NOT FALSE AND {_REACHABLE} AND {_NEXT})
              OR EXISTS (
                SELECT FROM exchange_notice AS n WHERE n.routed_at IS NULL
                  AND n.created_at < %(now)s
                  AND EXISTS (SELECT FROM exchange_endpoint AS e
                    WHERE e.partner_id = n.partner_id AND {_REACHABLE}))
            """,  # noqa: S608 - constants
            {"now": now - by},
        )
        return bool(cursor.fetchone()[0])


def due(now: datetime.datetime) -> int:
    """Return how many partners and endpoints there is work for now; 0 when nothing is to do."""
    return len(waiting(now)) + len(routing.waiting())


def lease(
    endpoint: UUID, *, now: datetime.datetime, seconds: float, limit: int
) -> list[WebhookDelivery]:
    """Claim up to ``limit`` due deliveries to an endpoint, the earliest of each subject.

    The claim counts as an attempt and runs out after ``seconds``; it is its own commit, so an
    attempt that kills its worker is counted. A later notice of a subject stays until the earlier
    one is delivered or dead.
    """
    claimed = list(
        WebhookDelivery.objects.raw(
            f"""
            WITH ready AS MATERIALIZED (
                SELECT d.id FROM exchange_webhookdelivery AS d
                WHERE d.endpoint_id = %(endpoint)s AND d.state = 'due' AND d.next_at <= %(now)s
                  AND (d.leased_until < %(now)s) IS NOT FALSE AND {_NEXT}
                ORDER BY d.next_at, d.place LIMIT %(limit)s
                FOR UPDATE SKIP LOCKED)
            UPDATE exchange_webhookdelivery AS t SET attempts = attempts + 1,
                leased_until = %(until)s
            FROM ready WHERE t.id = ready.id RETURNING t.*
            """,  # noqa: S608 - constants
            {
                "until": now + datetime.timedelta(seconds=seconds),
                "endpoint": endpoint,
                "now": now,
                "limit": limit,
            },
        )
    )
    models.prefetch_related_objects(claimed, "notice")
    return sorted(claimed, key=lambda claim: (claim.next_at, claim.place))


def release(deliveries: Sequence[WebhookDelivery]) -> None:
    """Give back deliveries that were claimed and not tried."""
    with connection.cursor() as cursor:
        for claimed in deliveries:
            cursor.execute(
                "UPDATE exchange_webhookdelivery SET attempts = attempts - 1, leased_until = NULL"
                " WHERE id = %s AND attempts = %s AND state = 'due'",
                [claimed.pk, claimed.attempts],
            )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries of a partner are meant; what is empty leaves none out.

    ``since`` and ``until`` (exclusive) say when the notice was made.
    """

    state: str = ""  # WebhookDelivery.State
    kind: str = ""
    endpoint: UUID | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None

    def of(self, partner: str) -> models.QuerySet[WebhookDelivery]:
        wanted = {
            "state": self.state,
            "endpoint": self.endpoint,
            "notice__kind": self.kind,
            "notice__created_at__gte": self.since,
            "notice__created_at__lt": self.until,
        }
        found = {name: value for name, value in wanted.items() if value}
        return WebhookDelivery.objects.filter(
            endpoint__partner=partner, notice__partner=partner, **found
        )


def replay(
    deliveries: models.QuerySet[WebhookDelivery], *, by: object, now: datetime.datetime
) -> int:
    """Make dead or delivered deliveries due again, from their first attempt; returns how many.

    They are sent in their order, after what their receiver has had of their subjects meanwhile.
    """
    return deliveries.exclude(state=WebhookDelivery.State.DUE).update(
        state=WebhookDelivery.State.DUE,
        attempts=0,
        next_at=now,
        leased_until=None,
        delivered_at=None,
        last_status=f"replay by {by}"[:80],
    )
