"""An agency's own cases, in the order in which they last changed.

A transaction that commits late has stamped its rows early: whoever has read past that moment would
never hear of them. So only what changed before ``complete_until`` is read, and no row comes to
stand before it any more: of every transaction that may still write a case, the lock on the table
is seen, and it stamps nothing before its own beginning (``guards.updates``).
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

# ``statement_timestamp`` was taken before the locks are read. Whoever writes takes the lock first
# and stamps afterwards; the lock is let go of after the commit is seen by all. Of sessions of
# another role PostgreSQL shows no times: while one writes, nothing is complete.
_COMPLETE_UNTIL = """
SELECT least(statement_timestamp(), min(coalesce(a.xact_start, '-infinity')))
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'approvals_application'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted
 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 AND l.pid IS DISTINCT FROM pg_backend_pid()
"""
# One index has all that is compared here, but for the numbers.
_PAGE = """
SELECT a.id, a.updated_at, a.region_id FROM approvals_application a
WHERE a.client_id = %(client)s AND (a.updated_at, a.id) > (%(at)s, %(key)s)
 AND a.updated_at < %(until)s {filters}
ORDER BY a.updated_at, a.id LIMIT %(limit)s
"""
_FILTERS = {
    "states": "AND a.state = ANY(%(states)s)",
    "services": "AND a.service_id = ANY(%(services)s)",
    "within": "AND a.service_id = ANY(%(within)s)",
    "districts": "AND a.region_id = ANY(%(districts)s)",
    "numbers": "AND a.number = ANY(%(numbers)s)",
}
# no case is older; PostgreSQL's own '-infinity' is no moment of Python's
BEGINNING = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are listed; what is empty is not asked for. ``since``: changed then or later.

    ``within``: the services that a token is narrowed to; None: it is not.
    """

    states: Sequence[str] = ()
    services: Sequence[str] = ()
    districts: Sequence[str] = ()
    numbers: Sequence[str] = ()
    within: Collection[str] | None = None
    since: datetime.datetime = BEGINNING


@dataclass(frozen=True, slots=True)
class Listed:
    """One case of a list: when it last changed, and in which district it is."""

    id: UUID
    updated_at: datetime.datetime
    district: str


def complete_until() -> datetime.datetime:
    """Return a moment before which no case changes any more; a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT greatest(({_COMPLETE_UNTIL}), %s)", [BEGINNING])
        found: datetime.datetime = cursor.fetchone()[0]
    return found.astimezone(datetime.UTC)


def page(
    client: str,
    wanted: Wanted,
    *,
    after: tuple[datetime.datetime, UUID] | None,
    until: datetime.datetime,
    limit: int,
) -> list[Listed]:
    """Return up to ``limit`` cases of an agency that changed before ``until``, oldest change first.

    ``until`` comes from ``complete_until``, called before.
    """
    at, key = after or (wanted.since - datetime.timedelta(microseconds=1), UUID(int=2**128 - 1))
    chosen = {name: list(getattr(wanted, name) or ()) for name in _FILTERS if getattr(wanted, name)}
    if wanted.within is not None:  # to none, too
        chosen["within"] = list(wanted.within)
    filters = " ".join(_FILTERS[name] for name in chosen)
    values: dict[str, Any] = {"client": client, "at": at, "key": key, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(filters=filters), {**values, **chosen, "limit": limit})
        return [Listed(id_, when, district or "") for id_, when, district in cursor.fetchall()]
