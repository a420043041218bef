"""Records that have changed since anybody looked whether what rests on them still stands.

PostgreSQL is the queue. Triggers feed it in the transaction that writes the city's store, so no
change is lost and none is queued that did not happen; another agency reports its own by a signed
webhook (``report``). One row a record, however often it changes.

A case may have read the old value in a transaction that has not ended: looking for what rests on
the record then would miss it. So a change is first *seen*, with the transactions that were using
the store then, and taken only when all of those have ended.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

LEASE = datetime.timedelta(seconds=60)  # a worker that died blocks its changes no longer
WAIT_MOST = 3600  # seconds between two tries of a change that keeps failing


class NotTheKeeper(Exception):
    """A partner reported a registry that it does not keep."""


@dataclass(frozen=True, slots=True)
class Change:
    """One record to be looked after. ``turn`` tells this change of it from a later one."""

    registry: str
    subject: str
    turn: int
    seen_at: datetime.datetime  # whoever read it before may have read the old value
    attempts: int  # this one included


_READERS = (
    "SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}') AS all_of_them FROM pg_locks"
    " WHERE relation IN ('exchange_record'::regclass, 'exchange_lookup'::regclass)"
    " AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Locks are read after the statement's snapshot is taken, so that whoever is in no list has ended
# before the next statement begins: each of these three must be a statement of its own.
_MARK_READERS = f"""
WITH running AS MATERIALIZED ({_READERS}), found AS (
    SELECT subject, registry FROM exchange_change WHERE readers IS NULL
    ORDER BY subject, registry FOR UPDATE SKIP LOCKED)
UPDATE exchange_change c SET readers = running.all_of_them, seen_at = clock_timestamp()
FROM found, running WHERE c.subject = found.subject AND c.registry = found.registry
"""  # noqa: S608  # no values in it
_MARK_READY = f"""
WITH running AS MATERIALIZED ({_READERS}), found AS (
    SELECT subject, registry FROM exchange_change, running
    WHERE readers <> '{{}}' AND NOT readers && running.all_of_them
    ORDER BY subject, registry FOR UPDATE OF exchange_change SKIP LOCKED)
UPDATE exchange_change c SET readers = '{{}}'
FROM found WHERE c.subject = found.subject AND c.registry = found.registry
"""  # noqa: S608
_DROP_UNREAD = """
WITH found AS (
    SELECT subject, registry FROM exchange_change WHERE readers = '{}'
    ORDER BY subject, registry FOR UPDATE SKIP LOCKED)
DELETE FROM exchange_change c USING found
WHERE c.subject = found.subject AND c.registry = found.registry AND NOT EXISTS (
    SELECT FROM exchange_lookup l
    WHERE l.subject = c.subject AND l.registry = c.registry AND l."case" <> '')
"""
# Materialized: looked for anew for each row, more would be taken than was asked for.
_TAKE = """
WITH found AS MATERIALIZED (
    SELECT subject, registry FROM exchange_change
    WHERE readers = '{}' AND next_at <= %(now)s AND (leased_until IS NULL OR leased_until < %(now)s)
      AND (attempts > 0) = %(again)s
    ORDER BY next_at, turn LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE exchange_change c SET attempts = c.attempts + 1, leased_until = %(until)s
FROM found WHERE c.subject = found.subject AND c.registry = found.registry
RETURNING c.registry, c.subject, c.turn, c.seen_at, c.attempts
"""
_LEASED = """
WITH leased AS (
    SELECT c.subject, c.registry
    FROM json_to_recordset(%s::json) AS h(subject text, registry text, turn bigint)
    JOIN exchange_change c
      ON c.subject = h.subject AND c.registry = h.registry AND c.turn = h.turn
    ORDER BY c.subject, c.registry FOR UPDATE OF c SKIP LOCKED)
"""  # a change that came meanwhile has another turn, and stays as it is


# Parameters: registry, cases. The subjects whom it was asked about for these.
_ASKED = (
    '(SELECT DISTINCT subject FROM exchange_lookup WHERE registry = %s AND "case" IN'
    " (SELECT json_array_elements_text(%s::json))) AS asked"
)
# Parameters: registry, and as above. From then on no answer read before stands in for a new one.
_REPORTED = f"""
INSERT INTO exchange_reportedchange (registry, subject, at)
SELECT %s, subject, clock_timestamp() FROM {_ASKED} ORDER BY subject
ON CONFLICT (registry, subject) DO UPDATE SET at = excluded.at
"""  # noqa: S608


def due(now: datetime.datetime) -> bool:
    """Whether there is anything to do; nothing is taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM exchange_change WHERE next_at <= %s"
            " AND (leased_until IS NULL OR leased_until < %s))",
            [now, now],
        )
        return bool(cursor.fetchone()[0])


def take(*, now: datetime.datetime, limit: int) -> list[Change]:
    """Lease up to ``limit`` changes, in a commit of its own; call ``done`` or ``postpone`` after.

    Records that no case ever looked up are dropped first. A change that was tried before (its
    worker died, or failed) comes alone, after all fresh ones, so that it stops no other.
    """
    with connection.cursor() as cursor:
        for statement in (_MARK_READERS, _MARK_READY, _DROP_UNREAD):
            cursor.execute(statement)
        for again, most in ((False, limit), (True, 1)):
            values: dict[str, Any] = {
                "now": now,
                "until": now + LEASE,
                "again": again,
                "limit": most,
            }
            cursor.execute(_TAKE, values)
            if taken := [Change(*row) for row in cursor.fetchall()]:
                return taken
    return []


def done(changes: Sequence[Change]) -> None:
    """Forget what was looked after, unless it has changed again meanwhile."""
    _on_leased(changes, "DELETE FROM exchange_change c USING leased")


def postpone(changes: Sequence[Change], at: datetime.datetime) -> None:
    """Look again at ``at``: somebody did not answer, or has not decided yet."""
    _on_leased(
        changes,
        "UPDATE exchange_change c SET next_at = %s, leased_until = NULL, attempts = 0 FROM leased",
        at,
    )


def failed(changes: Sequence[Change], now: datetime.datetime) -> None:
    """Try each again, alone, after a pause that doubles up to an hour."""
    for change in changes:
        pause = datetime.timedelta(seconds=min(2.0**change.attempts, WAIT_MOST))
        _on_leased(
            [change],
            "UPDATE exchange_change c SET next_at = %s, leased_until = NULL FROM leased",
            now + pause,
        )


def _on_leased(changes: Sequence[Change], statement: str, *values: Any) -> None:
    keys = [{"subject": c.subject, "registry": c.registry, "turn": c.turn} for c in changes]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_LEASED} {statement}"
            " WHERE c.subject = leased.subject AND c.registry = leased.registry",
            [orjson.dumps(keys).decode(), *values],
        )


def report(*, partner: str, registry: str, cases: Sequence[str]) -> None:
    """Queue what another agency says has changed: its records that these cases looked up.

    It names our cases, as our questions did, because a person's number has no place in a message
    that is kept. A case that never asked queues nothing, and the answer is the same. Raises
    ``NotTheKeeper`` unless ``settings.REGISTRIES`` names the partner as the registry's keeper.
    """
    config = settings.REGISTRIES.get(registry, {})
    if config.get("partner") != partner:
        raise NotTheKeeper(f"{partner} does not keep {registry!r}")
    named = orjson.dumps([c for c in cases if c.isascii()]).decode()  # other texts name no case
    with connection.cursor() as cursor:
        cursor.execute(_REPORTED, [registry, registry, named])
        cursor.execute(
            f"SELECT exchange_queue(array_agg(subject), array_agg(%s::text)) FROM {_ASKED}",  # noqa: S608
            [registry, registry, named],
        )


def reported_since(read: Sequence[tuple[str, str, datetime.datetime]]) -> list[bool]:
    """Return whether keepers have reported changes of records since they were read.

    Each by (registry, subject, when read); one statement, or none for nothing.
    """
    if not read:
        return []
    keys = [{"n": n, "r": r, "s": s, "at": at.isoformat()} for n, (r, s, at) in enumerate(read)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.n FROM json_to_recordset(%s::json)"
            " AS k(n integer, r text, s text, at timestamptz)"
            " JOIN exchange_reportedchange c ON c.registry = k.r AND c.subject = k.s"
            " WHERE c.at >= k.at",
            [orjson.dumps(keys).decode()],
        )
        changed = {row[0] for row in cursor.fetchall()}
    return [n in changed for n in range(len(read))]
