"""Numbers of an office's work in a period, for its supervisor: set-based, and bounded.

A period holds the cases that were handed in within its days. All statements read indexes of what is
settled; times are of the newest cases that were with officers, from their events.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from approvals.states import SETTLED

NEWEST = 3_000  # cases with officers whose events are read
REASONS = 20
_SETTLED = ", ".join(f"'{state}'" for state in sorted(map(str, SETTLED)))
_SIGHT = "a.office_id = %(office)s AND (%(region)s = '' OR a.region_id = %(region)s)"

# Parameters: office, region or '', the least id of the period.
COUNTS = f"""
SELECT a.service_id, count(*), count(*) FILTER (WHERE a.state = 'approved'),
    count(*) FILTER (WHERE a.state = 'refused')
FROM approvals_application a
WHERE {_SIGHT} AND a.id >= %(least)s AND a.state IN ({_SETTLED}) GROUP BY a.service_id
"""  # noqa: S608 - states of ours
BY_OFFICERS = f"""
SELECT a.service_id, count(*) FROM approvals_application a
WHERE {_SIGHT} AND a.id >= %(least)s AND a.state IN ({_SETTLED}) AND a.handover <> ''
  AND a.state = 'approved' GROUP BY a.service_id
"""  # noqa: S608 - states of ours
RETURNS = f"""
SELECT a.service_id, count(*) FROM approvals_decision d
JOIN approvals_application a ON a.id = d.application_id
WHERE d.outcome = 'return' AND d.at >= %(since)s AND a.id >= %(least)s AND {_SIGHT}
GROUP BY a.service_id
"""  # noqa: S608 - no value of anybody's stands in it

# A case is in an officer's hands from a taking to whatever ends it, while its state is review: so
# what the citizen or another agency needs is not in it. Nights and weekends are.
TIMES = f"""
WITH handled AS MATERIALIZED (
    SELECT a.id, a.number, a.service_id, a.handover FROM approvals_application a
    WHERE {_SIGHT} AND a.id >= %(least)s AND a.state IN ({_SETTLED}) AND a.handover <> ''
    ORDER BY a.id DESC LIMIT {NEWEST}
), history AS (
    SELECT h.id, h.service_id, h.handover, e.kind, e.after, e.at, lead(e.at) OVER w AS next,
        max(e.seq) FILTER (WHERE e.kind IN ('taken', 'reassigned')) OVER w AS taken,
        max(e.seq) FILTER (WHERE e.kind IN ('released', 'transferred', 'handed_over', 'reopened'))
            OVER w AS freed
    FROM handled h JOIN ledger_event e ON e.subject = 'application:' || h.number
    WINDOW w AS (PARTITION BY h.id ORDER BY e.seq)
), cases AS MATERIALIZED (
    SELECT id, service_id, handover,
        extract(epoch FROM sum(next - at) FILTER (
            WHERE after = 'review' AND taken > coalesce(freed, 0))) / 60 AS minutes,
        extract(epoch FROM min(at) FILTER (WHERE kind IN ('taken', 'reassigned'))
            - min(at) FILTER (WHERE kind = 'handed_over')) / 3600 AS hours
    FROM history GROUP BY id, service_id, handover
), lines AS (
    SELECT service_id, '' AS reason, minutes, hours FROM cases UNION ALL
    SELECT service_id, unnest(string_to_array(handover, ',')), minutes, hours FROM cases
)
SELECT service_id, reason, count(*),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY minutes),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY hours)
FROM lines GROUP BY service_id, reason ORDER BY count(*) DESC, service_id, reason
"""  # noqa: S608 - states of ours


@dataclass(frozen=True, slots=True)
class Times:
    """Of cases that were with officers: (median, 90th percentile), or nothing where none was."""

    service: str
    reason: str  # a code of Application.handover; of all reasons together an empty text
    cases: int
    minutes: tuple[float, float] | None  # in an officer's hands
    hours: tuple[float, float] | None  # from the hand-over to the first taking


@dataclass(frozen=True, slots=True)
class Work:
    """One service's cases of a period. ``automatic``: approved without an officer."""

    service: str
    settled: int
    decided: int  # approved or refused
    automatic: int
    returns: int
    times: Times | None

    @property
    def automatic_share(self) -> float | None:
        return self.automatic / self.decided if self.decided else None

    @property
    def returns_a_case(self) -> float | None:
        return self.returns / self.settled if self.settled else None


def work(
    *, office: str, region: str, since: datetime.datetime
) -> tuple[Sequence[Work], Sequence[Times]]:
    """Return what an office (in a region, or all) did with the cases handed in since a moment.

    By service, the most cases first; and the times by service and reason, the most frequent first.
    """
    parameters = {"office": office, "region": region, "since": since, "least": _least_id(since)}
    by_officers = dict(_rows(BY_OFFICERS, parameters))
    returns = dict(_rows(RETURNS, parameters))
    times = [
        Times(service, reason, count, _pair(minutes), _pair(hours))
        for service, reason, count, minutes, hours in _rows(TIMES, parameters)
    ]
    whole = {line.service: line for line in times if not line.reason}
    services = [
        Work(
            service,
            settled,
            approved + refused,
            approved - by_officers.get(service, 0),
            returns.get(service, 0),
            whole.get(service),
        )
        for service, settled, approved, refused in _rows(COUNTS, parameters)
    ]
    services.sort(key=lambda line: (-line.settled, line.service))
    return services, [line for line in times if line.reason][:REASONS]


def _rows(statement: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _pair(values: list[float | None] | None) -> tuple[float, float] | None:
    """PostgreSQL's array of the two percentiles; of no values it is NULL."""
    if not values or values[0] is None or values[1] is None:
        return None
    return float(values[0]), float(values[1])


def _least_id(since: datetime.datetime) -> UUID:
    """Return the least UUID of version 7 of a moment: identifiers of cases follow time."""
    return UUID(int=int(since.timestamp() * 1000) << 80)
