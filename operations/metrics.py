"""The page that Prometheus reads, at an address of its own.

One process a city's database serves it (``manage.py metrics``); a second one would only count the
same again, from its own start on. Times of requests come from the web processes of this machine.
"""

import logging
import os
import threading
from collections.abc import Iterator

import redis
from django.db import Error, connection
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from operations import present
from operations.history import History

log = logging.getLogger(__name__)


class Everything(Collector):
    """What PostgreSQL and Redis know; what cannot be read now is left out, and said to be."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._lock = threading.Lock()  # the page has a thread a request
        with self._lock:
            self._read_history()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            try:
                yield from self._collect()
            finally:
                connection.close()

    def _collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "miaopi_up", "1 when this part could be read for this page.", labels=("part",)
        )
        found: list[Metric] = []
        is_read = self._read_history()
        try:
            found += present.of_database()
        except Error:
            log.exception("the present state cannot be read")
            is_read = False
        up.add_metric(("postgresql",), int(is_read))
        try:
            found.append(present.of_breakers())
            up.add_metric(("redis",), 1)
        except redis.RedisError:
            up.add_metric(("redis",), 0)
        yield up
        yield from found
        yield from self.history.families()
        behind = "Seconds that counters are behind: a transaction that lasts holds them back."
        yield GaugeMetricFamily("miaopi_history_behind_seconds", behind, self.history.behind)

    def _read_history(self) -> bool:
        try:
            self.history.read()
        except Error:
            log.exception("what happened cannot be read")
            return False
        return True

    def describe(self) -> Iterator[Metric]:
        return iter(())  # else it is read once more when it is registered


def registry() -> CollectorRegistry:
    """Return what is served: ours, and requests' where ``PROMETHEUS_MULTIPROC_DIR`` is set."""
    made = CollectorRegistry()
    made.register(Everything(History()))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(made)  # type: ignore[no-untyped-call]  # it registers itself
    return made
