"""Gauges of how it stands now: what waits and how long, what is broken, who lives.

Each statement reads a partial index of what is open or due: it costs the same however many cases
were ever decided.
"""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db import connection
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from approvals.progress import liveness
from exchange import breaker, registries
from ledger.clock import now

_OPEN = """
    SELECT state, service_id, count(*), count(*) FILTER (WHERE due_at < clock_timestamp())
    FROM approvals_application
    WHERE state IN ('submitted', 'waiting', 'returned', 'review') GROUP BY 1, 2
"""
# how long the oldest has waited: since it became due. What is owed to an endpoint that is switched
# off, or to a partner without one, waits for its owner and for none of our processes
_OLDEST = """
    SELECT 'engine', (SELECT min(submitted_at) FROM approvals_application
                      WHERE state = 'submitted' AND checks_due = 0)
    UNION ALL SELECT 'checks', (SELECT min(next_at) FROM approvals_check WHERE state = 'due')
    UNION ALL SELECT 'officers', (SELECT min(submitted_at) FROM approvals_application
                                  WHERE state = 'review')
    UNION ALL SELECT 'webhooks', (SELECT min(d.next_at) FROM exchange_webhookdelivery d
                                  JOIN exchange_endpoint e ON e.id = d.endpoint_id
                                  WHERE d.state = 'due' AND e.ended = '')
    UNION ALL SELECT 'routing', (SELECT min(n.created_at) FROM exchange_notice n
                                 WHERE n.routed_at IS NULL AND EXISTS (
                                     SELECT FROM exchange_endpoint e
                                     WHERE e.partner_id = n.partner_id AND e.ended = ''))
"""
_DELIVERIES = """
    SELECT e.partner_id, d.state, count(*) FROM exchange_webhookdelivery d
    JOIN exchange_endpoint e ON e.id = d.endpoint_id WHERE d.state IN ('due', 'dead') GROUP BY 1, 2
"""
_HEARTBEATS = """
    SELECT kind, min(extract(epoch FROM clock_timestamp() - at)) FROM approvals_heartbeat GROUP BY 1
"""
_SUSPENDED = """
    SELECT scope, code, cause FROM services_suspension WHERE released_at IS NULL
"""
_SHADOWS = """
    SELECT service_id, cases, diverged, failed FROM services_shadow WHERE ended_at IS NULL
"""
OLDEST_SECONDS = f"""
    SELECT queue, GREATEST(0, extract(epoch FROM clock_timestamp() - since)) AS age
    FROM ({_OLDEST}) AS oldest(queue, since)
"""  # noqa: S608 - constants


def of_database() -> Iterator[Metric]:
    """Yield what PostgreSQL knows; raises ``django.db.Error``."""
    open_cases = GaugeMetricFamily(
        "miaopi_cases_open", "Cases not settled, by state and service.", labels=("state", "service")
    )
    overdue = GaugeMetricFamily(
        "miaopi_cases_overdue", "Those beyond their statutory date.", labels=("state", "service")
    )
    for state, service, number, late in _rows(_OPEN):
        open_cases.add_metric((str(state), str(service)), _number(number))
        overdue.add_metric((str(state), str(service)), _number(late))
    yield open_cases
    yield overdue
    yield _gauge(
        "miaopi_queue_oldest_seconds",
        "Seconds that the oldest of a queue has been due; 0 for an empty one.",
        "queue",
        _rows(OLDEST_SECONDS),
    )
    deliveries = GaugeMetricFamily(
        "miaopi_deliveries", "Notices to be sent, and given up.", labels=("partner", "state")
    )
    for partner, state, number in _rows(_DELIVERIES):
        deliveries.add_metric((str(partner), str(state)), _number(number))
    yield deliveries
    yield _gauge(
        "miaopi_heartbeat_age_seconds",
        "Seconds since the youngest heartbeat of a kind of process.",
        "kind",
        _rows(_HEARTBEATS),
    )
    yield from _switches()
    at = now()
    parts = {**liveness.workers(at), "confirmations": liveness.confirmations(at)}
    yield _gauge(
        "miaopi_worker_ok",
        "1 when work that is due is being done, 0 when nobody does it.",
        "part",
        [(name, int(state == "ok")) for name, state in parts.items()],
    )


def _switches() -> Iterator[Metric]:
    suspended = GaugeMetricFamily(
        "miaopi_automatic_suspended",
        "1 while nothing of a service, or on a registry, is approved automatically.",
        labels=("scope", "code", "cause"),
    )
    for labels in _rows(_SUSPENDED):
        suspended.add_metric([str(label) for label in labels], 1)
    yield suspended
    beside = GaugeMetricFamily(
        "miaopi_shadow_cases",
        "Cases that a text in shadow has judged, had another outcome for, and failed on.",
        labels=("service", "what"),
    )
    for service, *counts in _rows(_SHADOWS):
        for what, number in zip(("judged", "diverged", "failed"), counts, strict=True):
            beside.add_metric((str(service), what), _number(number))
    yield beside


def of_breakers() -> Metric:
    """Return the breakers of other agencies' registries; raises ``redis.RedisError``."""
    remote = [code for code in settings.REGISTRIES if registries.is_remote(code)]
    is_open = breaker.are_open(remote)
    return _gauge(
        "miaopi_breaker_open",
        "1 while a registry is not asked because it kept failing.",
        "registry",
        [(code, int(code in is_open)) for code in remote],
    )


def _rows(sql: str) -> Sequence[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[object, ...]] = cursor.fetchall()
    return found


def _number(value: object) -> float:
    return float(str(value)) if value is not None else 0.0


def _gauge(name: str, what: str, label: str, rows: Sequence[tuple[object, ...]]) -> Metric:
    gauge = GaugeMetricFamily(name, what, labels=(label,))
    for key, value in rows:
        gauge.add_metric((str(key),), _number(value))
    return gauge
