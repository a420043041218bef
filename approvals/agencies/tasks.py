"""What waits for an agency, the first due before the others: one statement.

Its say on a case (a consent), a record of its own that somebody calls wrong (a dispute), a part of
a licence that it has to acknowledge (a filing), and a case of its own that came back (a return).
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from approvals.rows.disputes import LIVE
from approvals.states import ConsentState, State
from certificates.states import UNANSWERED
from people.actors import Actor


class Kind(StrEnum):
    CONSENT = "consent"
    DISPUTE = "dispute"
    FILING = "filing"
    RETURN = "return"


def _listed(states: object) -> str:
    return ", ".join(f"'{state}'" for state in map(str, states))  # type: ignore[call-overload]


# Of a filing no application is named: its receiver knows the licence, whoever applied for it.
_PAGE = f"""
SELECT kind, key, since, due_at, application, service, coalesce(district, '') AS district, item,
 certificate FROM (
 SELECT '{Kind.CONSENT}' AS kind, c.id AS key, c.asked_at AS since, c.due_at,
   a.number AS application, a.service_id AS service, a.region_id AS district, c.item,
   '' AS certificate
 FROM approvals_consent c JOIN approvals_application a ON a.id = c.application_id
 WHERE c.partner_id = %(agency)s AND c.state = '{ConsentState.ASKED}'
 UNION ALL
 SELECT '{Kind.DISPUTE}', d.id, d.notified_at, coalesce(d.due_at, d.notified_at), a.number,
   a.service_id, a.region_id, d.registry || '.' || d.field, ''
 FROM approvals_dispute d JOIN approvals_application a ON a.id = d.application_id
 WHERE d.partner_id = %(agency)s AND d.state IN ({_listed(LIVE)}) AND d.notified_at IS NOT NULL
 UNION ALL
 SELECT '{Kind.FILING}', f.id, f.pushed_at, coalesce(f.answer_by, f.pushed_at), '', c.service,
   c.region_id, f.item, c.identifier
 FROM certificates_filing f JOIN certificates_certificate c ON c.id = f.certificate_id
 WHERE f.receiver_id = %(agency)s AND f.state IN ({_listed(UNANSWERED)})
 UNION ALL
 SELECT '{Kind.RETURN}', a.id, a.updated_at, coalesce(a.correct_by, a.updated_at), a.number,
   a.service_id, a.region_id, '', ''
 FROM approvals_application a
 WHERE a.client_id = %(agency)s AND a.state = '{State.RETURNED}') waiting
WHERE kind = ANY(%(kinds)s)
 AND (%(within)s::text[] IS NULL OR service = ANY(%(within)s))
 AND (due_at, key) > (%(at)s, %(after)s)
ORDER BY due_at, key LIMIT %(limit)s
"""  # noqa: S608 - words of ours
After = tuple[datetime.datetime, UUID]  # when the task is due, and its key
FIRST: After = (datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for an agency; what does not apply to its kind is empty.

    ``item``: the consent or filing by its code; of a dispute the registry and its field.
    """

    kind: Kind
    key: UUID
    since: datetime.datetime
    due_at: datetime.datetime
    application: str
    service: str
    district: str
    item: str
    certificate: str  # its identifier (GB/T 36904)


def page(by: Actor, kinds: Sequence[Kind], *, after: After = FIRST, limit: int) -> list[Task]:
    """Return up to ``limit`` tasks of these kinds behind ``after``, the first due first."""
    within = None if by.services is None else list(by.services)
    values: dict[str, Any] = {
        "agency": by.code,
        "within": within,
        "kinds": list(kinds),
        "at": after[0],
        "after": after[1],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, values)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Task(**{**row, "kind": Kind(row["kind"])}) for row in rows]
