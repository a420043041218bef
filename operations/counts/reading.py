"""What the operations centre shows, read in one statement and so of one moment.

The counts, and the rows that are not in them yet, which are those of the last seconds: so the
figures equal the tables at every moment, and cost the same however many cases there are.
"""

import datetime
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from approvals.states import OPEN, RUNNING
from exchange.queries import NO_OUTAGE
from operations import present
from operations.counts import statements
from operations.counts.adding import NOTHING
from operations.history import first_key
from operations.models import ALL, Grain

END = uuid.UUID(int=(1 << 128) - 1)
MOST = 200_000  # rows of a table that are not counted yet, and still read for a page
RECENT = datetime.timedelta(minutes=1)  # of how registries answer
RECENT_MOST = 3_000  # answers, the newest
_TRIES = 5

_KEY = "SELECT coalesce((SELECT key FROM operations_counteduntil), %s::uuid), clock_timestamp()"
_FAR = " OR ".join(
    f"EXISTS (SELECT FROM {table} WHERE id >= %(after)s ORDER BY id OFFSET %(most)s)"
    for table in ("approvals_application", "approvals_decision", "exchange_lookup")
)


def _states(states: tuple[Any, ...]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _rows(columns: str, source: str) -> str:
    """Return SQL for all rows of a part as an array of JSON."""
    return f"(SELECT coalesce(json_agg(json_build_array({columns})), '[]') FROM ({source}) AS part)"  # noqa: S608


_DAY = "one.at >= %(day)s AND one.at < %(day_end)s"
# cases of the day by service and district; of the day and altogether; of each hour, day or month
_CASES = f"""
    SELECT 'day' AS span, 0 AS start, service, region, outcome, machine, cases
    FROM operations_casecount
    WHERE grain = '{Grain.DAY}' AND start = %(day)s AND service <> '{ALL}'
    UNION ALL
    SELECT 'day', 0, service, region, outcome, machine, n FROM tail AS one WHERE {_DAY}
    UNION ALL
    SELECT 'all', 0, '', '', outcome, machine, cases FROM operations_casecount
    WHERE grain = '{Grain.ALL}' AND start = '{statements.BEGINNING}' AND service = '{ALL}'
    UNION ALL
    SELECT 'all', 0, '', '', outcome, machine, n FROM tail AS one
    UNION ALL
    SELECT 'past', extract(epoch FROM start)::bigint, '', '', outcome, machine, cases
    FROM operations_casecount
    WHERE grain = %(grain)s AND start >= %(since)s AND start < %(before)s AND service = '{ALL}'
    UNION ALL
    SELECT 'past', extract(epoch FROM date_trunc(%(grain)s, at, %(zone)s))::bigint, '', '',
        outcome, machine, n
    FROM tail AS one WHERE at >= %(since)s AND at < %(before)s
"""  # noqa: S608 - words of ours
_LATENCY = f"""
    SELECT machine, bucket::int - 1 AS bucket, sum(n) AS n FROM (
        SELECT machine, bucket, n FROM operations_casecount
        CROSS JOIN LATERAL unnest(buckets) WITH ORDINALITY AS one(n, bucket)
        WHERE grain = '{Grain.DAY}' AND start = %(day)s AND service = '{ALL}'
          AND outcome IN ('approve', 'refuse')
        UNION ALL
        SELECT machine, bucket + 1, n FROM tail AS one
        WHERE {_DAY} AND outcome IN ('approve', 'refuse')
    ) AS every GROUP BY 1, 2 HAVING sum(n) > 0
"""  # noqa: S608 - words of ours
_REASONS = f"""
    SELECT service, reason, sum(cases) AS cases FROM (
        SELECT service, reason, cases FROM operations_handovercount
        WHERE grain = '{Grain.DAY}' AND start = %(day)s
        UNION ALL
        SELECT service, reason, 1 FROM ({statements.HANDOVERS}) AS one WHERE {_DAY}
    ) AS every GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10
"""  # noqa: S608 - words of ours
_ANSWERS = f"""
    SELECT registry, outcome, sum(answers) AS answers FROM (
        SELECT registry, outcome, answers FROM operations_answercount
        WHERE grain = '{Grain.DAY}' AND start = %(day)s
        UNION ALL
        SELECT registry, outcome, 1 FROM ({statements.ANSWERS}) AS one WHERE {_DAY}
    ) AS every GROUP BY 1, 2
"""  # noqa: S608 - words of ours
_RECENT = """
    SELECT registry, count(*) AS answers, count(*) FILTER (WHERE outage) AS failed,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY milliseconds) AS times,
        CASE WHEN (array_agg(outage ORDER BY id DESC))[1] THEN 'failed' ELSE '' END AS latest
    FROM (SELECT id, registry, milliseconds,
              outcome = 'failed' AND reason <> ALL(%(no_outage)s) AS outage FROM exchange_lookup
          WHERE id >= %(recent)s ORDER BY id DESC LIMIT %(recent_most)s) AS newest GROUP BY 1
"""
_OPEN = f"""
    SELECT state, coalesce(region_id, '') AS region, count(*) AS cases,
        count(*) FILTER (WHERE due_at < clock_timestamp() AND state IN ({_states(RUNNING)})) AS late
    FROM approvals_application WHERE state IN ({_states(OPEN)}) GROUP BY 1, 2
"""  # noqa: S608 - states of ours
_SUSPENDED = """
    SELECT scope, code, cause, "by", at, reason, measured FROM services_suspension
    WHERE released_at IS NULL ORDER BY at DESC
"""
_HEARTBEATS = """
    SELECT kind, name, extract(epoch FROM clock_timestamp() - at)::float8 AS age
    FROM approvals_heartbeat WHERE at > clock_timestamp() - interval '1 hour' ORDER BY age
"""
_DELIVERIES = """
    SELECT e.partner_id AS partner, d.state AS state, count(*) AS notices,
        max(extract(epoch FROM clock_timestamp() - d.next_at))::float8 AS age
    FROM exchange_webhookdelivery d JOIN exchange_endpoint e ON e.id = d.endpoint_id
    WHERE d.state IN ('due', 'dead') GROUP BY 1, 2
"""

FIGURES = f"""
WITH tail AS MATERIALIZED ({statements.CASES})
SELECT json_build_object(
    'key', coalesce((SELECT key FROM operations_counteduntil), '{NOTHING}'),
    'cases', {_rows("span, start, service, region, outcome, machine, cases", f"SELECT span, start, service, region, outcome, machine, sum(cases) AS cases FROM ({_CASES}) AS every GROUP BY 1, 2, 3, 4, 5, 6")},
    'latency', {_rows("machine, bucket, n", _LATENCY)},
    'reasons', {_rows("service, reason, cases", _REASONS)},
    'answers', {_rows("registry, outcome, answers", _ANSWERS)},
    'recent', {_rows("registry, answers, failed, times, latest", _RECENT)},
    'open', {_rows("state, region, cases, late", _OPEN)},
    'suspended', {_rows('scope, code, cause, "by", at, reason, measured', _SUSPENDED)},
    'heartbeats', {_rows("kind, name, age", _HEARTBEATS)},
    'oldest', {_rows("queue, age", present.OLDEST_SECONDS)},
    'deliveries', {_rows("partner, state, notices, age", _DELIVERIES)}
)::text
""".format(changes="operations_rowchange")  # noqa: S608, E501 - words of ours


@dataclass(frozen=True, slots=True)
class Span:
    """Of which history is read: from ``since`` on, before ``before``, each ``grain`` by itself."""

    grain: Grain
    since: datetime.datetime
    before: datetime.datetime


@dataclass(frozen=True, slots=True)
class Read:
    """What one statement has found. ``at``: PostgreSQL's moment. ``parts``: lists of lists.

    ``behind``: None, or the moment up to which alone is counted, as too much is not counted yet.
    """

    at: datetime.datetime
    parts: Mapping[str, list[list[Any]]]
    behind: datetime.datetime | None = None


def read(span: Span) -> Read:
    """Return the figures of this moment. Raises ``django.db.Error``."""
    for _ in range(_TRIES):
        after, at, is_behind = _counted_until()
        found = _figures(span, at, after, after if is_behind else END)
        key = uuid.UUID(found.pop("key"))
        if is_behind:  # counts alone: they hold wherever they have got to
            return Read(at, found, moment_of(key))
        if key == after:  # else it has moved on meanwhile
            return Read(at, found)
    raise RuntimeError("counted faster than read")


def moment_of(key: uuid.UUID) -> datetime.datetime:
    """Return the moment with which a key begins."""
    return datetime.datetime.fromtimestamp((key.int >> 80) / 1000, datetime.UTC)


def day_of(at: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Return when the city's day of a moment begins and ends."""
    calendar = settings.CITY.calendar
    end = calendar.end_of(calendar.date(at))
    return calendar.end_of(calendar.date(at) - datetime.timedelta(days=1)), end


def _counted_until() -> tuple[uuid.UUID, datetime.datetime, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_KEY, [NOTHING])
        after, at = cursor.fetchone()
        cursor.execute(f"SELECT {_FAR}", {"after": after, "most": MOST})
        return after, at, cursor.fetchone()[0]


def _figures(
    span: Span, at: datetime.datetime, after: uuid.UUID, until: uuid.UUID
) -> dict[str, Any]:
    day, day_end = day_of(at)
    parameters: dict[str, Any] = {
        "after": after, "until": until, "zone": settings.CITY.time_zone,
        "day": day, "day_end": day_end,
        "grain": str(span.grain), "since": span.since, "before": span.before,
        "recent": first_key(at - RECENT), "recent_most": RECENT_MOST,
        "no_outage": sorted(NO_OUTAGE),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, parameters)
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found
