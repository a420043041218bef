"""How many cases an agency handed in, what became of them, and how long it took: one statement."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import connection

from people.actors import Actor

MOST = 366  # days of a period
USUAL = 30
EARLIEST = datetime.date(2000, 1, 1)  # no case is older

# A case that was received on a day has not last changed before it: so one index finds them.
# ``submitted_at`` moves with each correction, ``created_at`` is the first time.
_COUNT = """
SELECT service_id, state, count(*),
 percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - created_at)::float8)
  FILTER (WHERE settled_at IS NOT NULL)
FROM approvals_application
WHERE client_id = %(client)s AND updated_at >= %(since)s
 AND (%(within)s::text[] IS NULL OR service_id = ANY(%(within)s))
 AND received_on BETWEEN %(first)s AND %(last)s
GROUP BY GROUPING SETS ((service_id, state), (service_id), ())
ORDER BY service_id NULLS FIRST, state NULLS FIRST
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Cases of a service in a state; without a state all of the service, without both all.

    ``median_seconds``: from the first submission to the settlement of those that are settled.
    """

    service: str | None
    state: str | None
    cases: int
    median_seconds: float | None


def of_period(by: Actor, first: datetime.date, last: datetime.date) -> list[Count]:
    """Return the counts of what an agency handed in from ``first`` to ``last``, both included."""
    # the city's day begins at most a day before that of UTC
    since = datetime.datetime.combine(max(first, EARLIEST), datetime.time(), datetime.UTC)
    values: dict[str, Any] = {
        "client": by.code,
        "within": None if by.services is None else list(by.services),
        "since": since - datetime.timedelta(days=1),
        "first": first,
        "last": last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return [Count(*row) for row in cursor.fetchall()]
