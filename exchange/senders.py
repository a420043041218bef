"""Threads that send notices: none is held by one endpoint, or one partner, while others wait.

A Celery task only starts them (``start``). What answers quickly has ``THREADS``; what took longer
than ``delivery.SLOW`` when it was last called shares ``THREADS_SLOW``, whatever its number. A
thread is given up after ``delivery.RUN`` seconds, so that endpoints take turns.
"""

import datetime
import logging
import os
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from django.db import connection

from exchange import delivery, outbox, routing

log = logging.getLogger(__name__)
THREADS, THREADS_SLOW = 24, 8  # of one process; each has a connection to PostgreSQL
THREADS_EACH = 4  # for one endpoint that takes what it is sent
THREADS_PARTNER = 8  # for all endpoints of a partner


class Senders:
    """This process's threads, how many each endpoint and partner has, and which are slow."""

    def __init__(self) -> None:
        self.reset()
        os.register_at_fork(after_in_child=self.reset)  # threads stay behind in the parent

    def reset(self) -> None:
        self.quick = ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")
        self.patient = ThreadPoolExecutor(THREADS_SLOW, thread_name_prefix="slow-delivery")
        self.lock = threading.Lock()
        self.current: Counter[UUID | str] = Counter()
        self.slow: set[UUID] = set()

    def start(self, endpoint: UUID, partner: str, most: int = 1) -> Future[int] | None:
        """Send to an endpoint in a thread; None where it, or its partner, has enough of them."""
        with self.lock:
            is_slow = endpoint in self.slow
            if self.current[endpoint] >= (1 if is_slow else most):
                return None
            if self.current[partner] >= THREADS_PARTNER:
                return None
            self.current.update((endpoint, partner))
        return self._submit(endpoint, partner, is_slow)

    def _submit(self, endpoint: UUID, partner: str, is_slow: bool) -> Future[int]:
        pool = self.patient if is_slow else self.quick
        return pool.submit(self._run, endpoint, partner, is_slow)

    def _run(self, endpoint: UUID, partner: str, is_slow: bool) -> int:
        run = delivery.Run()
        try:
            run = delivery.deliver(
                endpoint,
                more=lambda: self.start(endpoint, partner, THREADS_EACH),
                until_slow=not is_slow,
            )
        except Exception:
            log.exception("delivery to %s ended; its leases will run out", endpoint)
        finally:
            connection.close()
            self._goes_on(endpoint, partner, run)
        return run.delivered

    def _goes_on(self, endpoint: UUID, partner: str, run: delivery.Run) -> None:
        """Note how quick it was; what is left is sent when the endpoint's turn comes again."""
        with self.lock:
            if run.slowest > delivery.SLOW:
                self.slow.add(endpoint)
            elif run.delivered:
                self.slow.discard(endpoint)
            is_slow = endpoint in self.slow
            if run.is_over or (is_slow and self.current[endpoint] > 1):
                self.current.subtract((endpoint, partner))
                return
        self._submit(endpoint, partner, is_slow)


_senders = Senders()


def start(*, now: datetime.datetime) -> list[Future[int]]:
    """Start sending to every endpoint that something is due to; does not wait for receivers.

    A partner with many new notices is routed a batch at a time, in turn with the others.
    """
    futures: list[Future[int]] = []
    partners = routing.waiting()
    while True:
        partners = [code for code in partners if routing.route(code, now) == routing.BATCH]
        for endpoint, partner in outbox.waiting(now).items():
            if future := _senders.start(endpoint, partner):
                futures.append(future)
        if not partners:
            return futures
