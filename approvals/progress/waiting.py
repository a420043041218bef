"""Waiting requests: one subscriber thread a process, woken over Redis when a case has moved.

A request listens before its transaction commits, gives its database connection back, and waits
within its budget. What waiting programs are answered is read by the subscriber, once for all
cases that moved together. At most ``WAITERS_MAX`` wait; the next is answered at once (202). While
Redis is away, waiting requests look into PostgreSQL instead: slower, not stopped.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn
from uuid import UUID

import redis
from django.conf import settings
from django.db import Error, connection

from approvals.models import Application
from approvals.progress import standings
from approvals.progress.standings import Standing
from approvals.progress.wake import MOVED
from approvals.states import State

log = logging.getLogger(__name__)
LOOK = 0.5  # seconds between two looks
PING_SECONDS = 5  # a subscription without messages is tested so often


class Waiter:
    """One waiting request; ``full`` when too many wait already.

    ``standing`` is what was read when the case moved, for those who asked for it.
    """

    def __init__(self, waiters: "Waiters", identifier: UUID, *, full: bool, asks: bool) -> None:
        self.full, self.asks = full, asks
        self.standing: Standing | None = None
        self._waiters, self._identifier = waiters, identifier
        self._moved = threading.Lock()  # held until it has
        self._moved.acquire()

    def wait(self, seconds: float) -> bool:
        """Wait until the case has moved, at most ``seconds``; returns whether it did.

        Must not be called inside a transaction: the database connection is given back first.
        """
        if self.full:
            return False
        connection.close()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._moved.acquire(timeout=min(left, LOOK)):
                return True
            if not self._waiters.listening and self._has_moved():
                return True
        return False

    def _has_moved(self) -> bool:
        try:
            mine = Application.objects.filter(id=self._identifier)
            return mine.exclude(state=State.SUBMITTED).exists()
        finally:
            connection.close()

    def call(self, standing: Standing | None) -> None:
        self.standing = standing
        if self._moved.locked():
            self._moved.release()


class Waiters:
    """The waiting requests of this process, and the thread that calls them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_case: dict[UUID, list[Waiter]] = {}
        self._count = 0
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()

    @property
    def listening(self) -> bool:
        return self._listening.is_set()

    def enter(self, identifier: UUID, *, standing: bool = False) -> Waiter:
        with self._lock:
            if self._count >= settings.WAITERS_MAX:
                return Waiter(self, identifier, full=True, asks=standing)
            first = self._thread is None or not self._thread.is_alive()
            if first:
                self._thread = threading.Thread(target=self._listen, name="waiting", daemon=True)
                self._thread.start()
            waiter = Waiter(self, identifier, full=False, asks=standing)
            self._by_case.setdefault(identifier, []).append(waiter)
            self._count += 1
        if first:
            self._listening.wait(0.5)
        return waiter

    def leave(self, identifier: UUID, waiter: Waiter) -> None:
        if waiter.full:
            return
        with self._lock:
            waiters = self._by_case[identifier]
            waiters.remove(waiter)
            self._count -= 1
            if not waiters:
                del self._by_case[identifier]

    def _listen(self) -> None:
        while True:
            try:
                client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=None, health_check_interval=PING_SECONDS
                )
                with client.pubsub(ignore_subscribe_messages=False) as subscription:
                    subscription.subscribe(MOVED)
                    self._receive(subscription)
            except redis.RedisError as error:
                self._listening.clear()
                log.warning("not listening for moved cases: %s", type(error).__name__)
                time.sleep(1)

    def _receive(self, subscription: redis.client.PubSub) -> NoReturn:
        """Call whoever moved; raises ``RedisError`` when the connection breaks, or Redis
        has not answered a second test of it (its host has vanished without a word).

        All that was said by now is answered with one question: message by message, a busy minute
        grew a queue of half a second. Between them the database connection is kept, for a turn at
        the pool comes after every request that stands there; a quiet second gives it back.
        """
        while True:
            moved: list[UUID] = []
            message = subscription.get_message(timeout=1.0)
            if message is None:
                connection.close()
                if subscription.health_check_response_counter > 1:
                    raise redis.ConnectionError("no answer")
            while message is not None:
                if message["type"] == "subscribe":
                    self._listening.set()
                elif message["type"] == "message":
                    moved += map(UUID, message["data"].decode().split())
                message = subscription.get_message(timeout=0.0)
            if moved:
                self._call(moved)

    def _call(self, moved: Iterable[UUID]) -> None:
        with self._lock:
            mine = {i: list(self._by_case[i]) for i in moved if i in self._by_case}
        wanted = [i for i, waiters in mine.items() if any(t.asks for t in waiters)]
        found: dict[UUID, Standing] = {}
        if wanted:
            try:
                found = standings.read(wanted)
            except Error as error:  # each asks for itself, and says so if it cannot
                log.warning("what moved could not be read: %s", type(error).__name__)
                connection.close()
        for identifier, waiters in mine.items():
            for waiter in waiters:
                waiter.call(found.get(identifier))


_waiters = Waiters()


@contextmanager
def expect(identifier: UUID, *, standing: bool = False) -> Iterator[Waiter]:
    """Listen for one application, beginning before it is submitted.

    With ``standing`` the waiter brings what a program is told of it, when it has moved.
    """
    waiter = _waiters.enter(identifier, standing=standing)
    try:
        yield waiter
    finally:
        _waiters.leave(identifier, waiter)
