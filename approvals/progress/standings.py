"""How far applications are: what a program that waits for a decision is told, in one statement.

A column of an application joins ``Standing`` and ``OF_APPLICATION``; any other, ``Standing`` and
the statement under that name.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

import bulk
from approvals.models import Application
from approvals.rows.terms import STANDS_STILL
from certificates.states import LIVE_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one application is, with its newest decision and its live certificate, if any."""

    number: str
    service_id: str
    edition: int  # its number within the service
    state: str
    submitted_at: datetime.datetime | None
    settled_at: datetime.datetime | None
    due_at: datetime.datetime | None
    promised_at: datetime.datetime | None
    due_provisional: bool
    correct_by: datetime.datetime | None
    checks_due: int
    stands_still: bool  # the clock
    outcome: str | None = None
    by: str | None = None
    decided_at: datetime.datetime | None = None
    receipt: bytes | None = None
    certificate: str | None = None  # its identifier (GB/T 36904)
    printed: str | None = None  # its number, as printed
    public_id: str | None = None
    disputed: str | None = None  # its disputes as JSON, where it has any


OF_APPLICATION = (
    "number",
    "service_id",
    "state",
    "submitted_at",
    "settled_at",
    "due_at",
    "promised_at",
    "due_provisional",
    "correct_by",
    "checks_due",
)

# Parameter: ids. One question for a whole batch of decided applications.
_COLUMNS = ", ".join(f"a.{name}" for name in OF_APPLICATION)
STATEMENT = f"""
SELECT a.id, {_COLUMNS}, {STANDS_STILL} AS stands_still, e.number AS edition,
       d.outcome, d.by, d.at AS decided_at, d.receipt,
       c.identifier AS certificate, c.number AS printed, c.public_id,
       CASE WHEN a.disputes > 0 THEN (SELECT json_agg(x ORDER BY x.number)::text
            FROM approvals_dispute x WHERE x.application_id = a.id) END AS disputed
FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked(id, place)
JOIN approvals_application a ON a.id = asked.id
JOIN services_edition e ON e.id = a.edition_id
LEFT JOIN LATERAL (
    SELECT outcome, by, at, receipt FROM approvals_decision
    WHERE application_id = a.id ORDER BY at DESC, id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (
    SELECT identifier, number, public_id FROM certificates_certificate
    WHERE application = a.number AND state IN ({LIVE_WORDS})
      AND application <> ''  -- says so for the planner: its index is over exactly these
    ORDER BY issued_at DESC LIMIT 1) c ON a.state = 'approved'
WHERE asked.place {bulk.FEW}
"""  # noqa: S608 - names of ours


def read(ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return the standing of each application, whoever asks: one statement for all of them.

    For callers that have made sure already that these are their own to see.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [list(ids)])
        _id, *names = (column.name for column in cursor.description or ())
        return {
            key: Standing(**dict(zip(names, values, strict=True)))
            for key, *values in cursor.fetchall()
        }


def just_submitted(application: Application, edition: int) -> Standing:
    """Return the standing of an application that was written a moment ago, without asking."""
    known = {name: getattr(application, name) for name in OF_APPLICATION}
    return Standing(**known, stands_still=False, edition=edition)
