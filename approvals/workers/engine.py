"""The standing engine: claims what is ready, decides it in batches, and reconciles between.

As many as wanted may run. The claim is a commit of its own (attempts + 1, leased until), so that
a case which kills its process is counted; a case tried before goes alone, a failing batch is
bisected, and after ``ENGINE_ATTEMPTS`` a clerk gets the case: one poisoned case harms no other.
"""

import datetime
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from approvals import actions, statements
from approvals.progress import wake
from approvals.workers import reconciler
from ledger.clock import city_date, now
from people.actors import ENGINE
from services import catalogue
from telemetry import context, tracing

log = logging.getLogger(__name__)
AGAIN = 20  # lone retries between two batches
PATIENCE = 0.5  # seconds at most that a retry waits for fresh cases


class Engine:
    """One engine process. ``run`` returns after ``stop`` (SIGTERM, SIGINT)."""

    def __init__(self, *, batch: int | None = None) -> None:
        self.batch = batch or settings.ENGINE_BATCH
        self.name = f"engine:{socket.gethostname()}:{os.getpid()}"
        self._stopping = False
        self._look_again = 0.0
        self._interrupted: list[UUID] = []  # claimed when PostgreSQL went away

    def stop(self, *_signal: object) -> None:
        self._stopping = True

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        rounds = reconciler.Rounds(self.name)
        self._warm()
        while not self._stopping:
            try:
                rounds.turn()
                self.resume()
                if not self.drain() and not self._stopping:
                    wake.sleep(1.0)
            except (OperationalError, InterfaceError) as error:
                log.warning("PostgreSQL is away: %s", str(error).splitlines()[0])
                connection.close()
                time.sleep(0.5)

    def _warm(self) -> None:
        with suppress(OperationalError, InterfaceError):  # the loop says so, and goes on
            catalogue.warm(city_date(now()))

    def resume(self) -> None:
        """Give back what was claimed when PostgreSQL went away: nobody need wait for its lease."""
        if self._interrupted:
            give_back(self._interrupted, now())
            self._interrupted = []

    def drain(self) -> bool:
        """Decide one batch of what is ready, then what was tried before; is there perhaps more?

        What comes after the claim wakes an engine itself, so a batch that is not full was the last.
        """
        fresh = actions.claim(limit=self.batch, again=False, by=ENGINE)
        full = len(fresh) == self.batch
        if full:
            wake.wake_engine()  # another one may help
        if fresh:
            with _traced([one.application.number for one in fresh]):
                self._decide_claimed(fresh)
        tried = 0
        if not fresh or time.monotonic() > self._look_again:
            while tried < AGAIN and self._again():
                tried += 1
            self._look_again = time.monotonic() + PATIENCE
        return full or tried == AGAIN

    def _again(self) -> bool:
        """Try one case that failed before, alone: if it kills us, no other pays for it."""
        # one by one, so that an attempt is counted only for the case that is really tried
        claimed = actions.claim(limit=1, again=True, by=ENGINE)
        for one in claimed:
            with _traced([one.application.number]):
                self._decide_again(one)
        return bool(claimed)

    def _decide_again(self, one: actions.Claimed) -> None:
        case = one.application
        with context.of_case(case.number):
            if case.attempts > settings.ENGINE_ATTEMPTS:
                actions.hand_over(ids=[case.id], reason="engine_failed", by=ENGINE, now=one.at)
            else:
                self._decide([case.id], one.at)

    def _decide_claimed(self, claimed: Sequence[actions.Claimed]) -> None:
        """Decide a batch as it was claimed; if anything is in the way, find out what it is."""
        at = claimed[0].at
        try:
            actions.decide_claimed(claimed=claimed, by=ENGINE, now=at)
        except (OperationalError, InterfaceError):  # not the applications' fault
            self._interrupted += [c.application.id for c in claimed]
            raise
        except Exception as error:
            log.info("a batch of %d goes again, locked: %s", len(claimed), type(error).__name__)
            self._decide([c.application.id for c in claimed], at)

    def _decide(self, ids: Sequence[UUID], at: datetime.datetime) -> None:
        """Decide a batch; on failure halve it until the failing case stands alone."""
        try:
            actions.decide(ids=ids, by=ENGINE, now=at)
        except (OperationalError, InterfaceError):
            self._interrupted += ids
            raise
        except Exception:
            if len(ids) == 1:
                log.exception("application %s could not be decided", ids[0])
                give_back(ids, now())
                return
            middle = len(ids) // 2
            self._decide(ids[:middle], at)
            self._decide(ids[middle:], at)


@contextmanager
def _traced(numbers: Sequence[str]) -> Iterator[None]:
    """A span of the batch, and one in the trace of each case, however it ends."""
    began = time.time()
    with tracing.batch("decide", {"miaopi.cases": len(numbers)}):
        try:
            yield
        finally:
            tracing.record("decide", numbers, began)


def give_back(identifiers: Sequence[UUID], at: datetime.datetime) -> None:
    """Let claimed applications be tried again soon, alone: 0.5 s later for each attempt made."""
    with connection.cursor() as cursor:
        cursor.execute(statements.GIVE_BACK, [at, list(identifiers)])
