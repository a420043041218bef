"""Which registries were asked for an agency's cases, case by case as they last changed."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from people.actors import Actor

# A case that changes comes again with all its look-ups: each has its id. ``OFFSET 0`` has the
# look-ups of one case read after another, for as many cases as a page takes.
_PAGE = """
SELECT a.updated_at, a.id, l.id, a.number, l.registry, l.fields, l.purpose, l.basis, l.outcome,
 l.reason, l.at
FROM approvals_application a CROSS JOIN LATERAL (
 SELECT * FROM exchange_lookup x WHERE x."case" = a.number ORDER BY x.id OFFSET 0) l
WHERE a.client_id = %(client)s AND (a.updated_at, a.id) >= (%(at)s, %(case)s)
 AND (a.updated_at, a.id, l.id) > (%(at)s, %(case)s, %(key)s) AND a.updated_at < %(until)s
 AND (%(within)s::text[] IS NULL OR a.service_id = ANY(%(within)s)) {of_one}
ORDER BY a.updated_at, a.id, l.id LIMIT %(limit)s
"""
After = tuple[datetime.datetime, UUID, UUID]  # when the case changed, the case, the look-up
NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Read:
    """One look-up of one case; ``fields`` by name, no value of them."""

    updated_at: datetime.datetime
    case: UUID
    id: UUID
    application: str
    registry: str
    fields: str
    purpose: str
    basis: str
    outcome: str
    reason: str
    at: datetime.datetime


def page(
    by: Actor, *, after: After, until: datetime.datetime, limit: int, number: str = ""
) -> list[Read]:
    """Return up to ``limit`` look-ups behind ``after``, of one case alone where it is named.

    ``until`` comes from ``agencies.cases.complete_until``, called before.
    """
    at, case, key = after
    values: dict[str, Any] = {"at": at, "case": case, "key": key, "until": until}
    values |= {"client": by.code, "within": None if by.services is None else list(by.services)}
    of_one = "AND a.number = %(number)s" if number else ""
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(of_one=of_one), {**values, "number": number, "limit": limit})
        return [Read(*row) for row in cursor.fetchall()]
