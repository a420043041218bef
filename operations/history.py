"""Counters of what happened, read from the rows that say so: nothing is counted twice or lost.

The way of one application pays nothing for them. Each reading takes what was written since the
last: rows whose keys, which begin with their time, lie between two moments. The later of the two
is ``EARLIEST`` behind every transaction that still runs, so that no row appears below it
afterwards: a key is made before the transaction that writes it, but not before the lease under
which that work is done.
"""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric

EARLIEST = datetime.timedelta(seconds=settings.LEASE_SECONDS + 1)  # and clocks that differ a little
# where histograms are cut, in seconds
TO_DECISION = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86_400)
OF_CALLS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# the beginning of the oldest transaction of ours that runs, or now
_HORIZON = """
    SELECT clock_timestamp(), LEAST(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Series:
    """Rows counted by ``labels``; with ``cuts`` a histogram of seconds, too.

    ``sql`` gives the labels, the bucket (``width_bucket``, 0 where it is no histogram), how many
    rows and the sum of their seconds, of rows whose keys lie in ``%(after)s``, ``%(until)s``.
    """

    name: str
    what: str
    labels: tuple[str, ...]
    sql: str
    cuts: tuple[float, ...] = ()


SERIES = (
    Series(
        "miaopi_events",
        "Events of the ledger, by what they are of and what happened.",
        ("subject", "kind"),
        """SELECT split_part(subject, ':', 1), kind, 0, count(*), 0 FROM ledger_event
           WHERE id >= %(after)s AND id < %(until)s GROUP BY 1, 2""",
    ),
    Series(
        "miaopi_decisions",
        "Decisions and handings over, by service, outcome, and whether an officer made them.",
        ("service", "outcome", "by"),
        """SELECT a.service_id, d.outcome,
                  CASE WHEN d.officer_id IS NULL THEN 'machine' ELSE 'officer' END, 0, count(*), 0
           FROM approvals_decision d JOIN approvals_application a ON a.id = d.application_id
           WHERE d.id >= %(after)s AND d.id < %(until)s GROUP BY 1, 2, 3""",
    ),
    Series(
        "miaopi_decision_seconds",
        "Seconds from the latest submission to what the machine made of it.",
        ("service",),
        """SELECT service, width_bucket(seconds, %(cuts)s), count(*), sum(seconds)
           FROM (SELECT a.service_id AS service,
                        GREATEST(0, extract(epoch FROM d.at - a.submitted_at))::float8 AS seconds
                 FROM approvals_decision d JOIN approvals_application a ON a.id = d.application_id
                 WHERE d.id >= %(after)s AND d.id < %(until)s AND d.officer_id IS NULL) AS decided
           GROUP BY 1, 2""",
        TO_DECISION,
    ),
    Series(
        "miaopi_registry_answers",
        "Questions put to registries, by how they were answered.",
        ("registry", "outcome", "reason"),
        """SELECT registry, outcome, reason, 0, count(*), 0 FROM exchange_lookup
           WHERE id >= %(after)s AND id < %(until)s GROUP BY 1, 2, 3""",
    ),
    Series(
        "miaopi_registry_seconds",
        "Seconds that an answer took, counted for each subject of a request.",
        ("registry",),
        """SELECT registry, width_bucket(milliseconds / 1000.0::float8, %(cuts)s), count(*),
                  sum(milliseconds) / 1000.0::float8
           FROM exchange_lookup WHERE id >= %(after)s AND id < %(until)s GROUP BY 1, 2""",
        OF_CALLS,
    ),
    Series(
        "miaopi_webhook_attempts",
        "Attempts at deliveries, by partner and answer.",
        ("partner", "status"),
        """SELECT e.partner_id, t.status, 0, count(*), 0 FROM exchange_webhookattempt t
           JOIN exchange_webhookdelivery d ON d.id = t.delivery_id
           JOIN exchange_endpoint e ON e.id = d.endpoint_id
           WHERE t.id >= %(after)s AND t.id < %(until)s GROUP BY 1, 2""",
    ),
    Series(
        "miaopi_webhook_seconds",
        "Seconds that an attempt at a delivery took.",
        ("partner",),
        """SELECT e.partner_id, width_bucket(t.milliseconds / 1000.0::float8, %(cuts)s), count(*),
                  sum(t.milliseconds) / 1000.0::float8
           FROM exchange_webhookattempt t
           JOIN exchange_webhookdelivery d ON d.id = t.delivery_id
           JOIN exchange_endpoint e ON e.id = d.endpoint_id
           WHERE t.id >= %(after)s AND t.id < %(until)s GROUP BY 1, 2""",
        OF_CALLS,
    ),
)


@dataclass
class _Counted:
    rows: Counter[int] = field(default_factory=Counter)  # by bucket
    seconds: float = 0.0


class History:
    """What has been counted since this process began."""

    def __init__(self, earliest: datetime.timedelta = EARLIEST) -> None:
        self.earliest = earliest
        self.counted = {s.name: defaultdict[tuple[str, ...], _Counted](_Counted) for s in SERIES}
        self.read_until: datetime.datetime | None = None
        self.behind = 0.0  # seconds between the last reading and what it reaches to

    def read(self) -> None:
        """Add what was written since the last reading; the first one begins. Raises ``Error``."""
        with connection.cursor() as cursor:
            cursor.execute(_HORIZON)
            now, horizon = cursor.fetchone()
            until = horizon - self.earliest
            self.behind = (now - until).total_seconds()
            if self.read_until is not None and until > self.read_until:
                between = {"after": first_key(self.read_until), "until": first_key(until)}
                found = []
                for one in SERIES:
                    cursor.execute(one.sql, {**between, "cuts": [*map(float, one.cuts)]})
                    found.append((one, cursor.fetchall()))
                for one, rows in found:  # only when all were read: else all are read again
                    self._add(one, rows)
            if self.read_until is None or until > self.read_until:
                self.read_until = until

    def _add(self, one: Series, rows: Sequence[tuple[object, ...]]) -> None:
        for row in rows:
            *labels, bucket, number, seconds = row
            counted = self.counted[one.name][tuple(map(str, labels))]
            counted.rows[int(str(bucket))] += int(str(number))
            counted.seconds += float(str(seconds))

    def families(self) -> Iterator[Metric]:
        for one in SERIES:
            if one.cuts:
                yield self._histogram(one)
            else:
                counter = CounterMetricFamily(one.name, one.what, labels=one.labels)
                for labels, counted in self.counted[one.name].items():
                    counter.add_metric(labels, counted.rows[0])
                yield counter

    def _histogram(self, one: Series) -> HistogramMetricFamily:
        histogram = HistogramMetricFamily(one.name, one.what, labels=one.labels)
        for labels, counted in self.counted[one.name].items():
            total, buckets = 0, list[tuple[str, float]]()
            # width_bucket says 0 below the first cut, and n from the n-th cut on
            for place, cut in enumerate((*map(str, map(float, one.cuts)), "+Inf")):
                total += counted.rows[place]
                buckets.append((cut, total))
            histogram.add_metric(labels, buckets, counted.seconds)
        return histogram


def first_key(at: datetime.datetime) -> uuid.UUID:
    """Return what no key that was made at ``at`` or later is below (``ledger.identifiers``)."""
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80)
