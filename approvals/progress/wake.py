"""Wake-ups over Redis. They carry no data, may be lost, doubled or late, and never raise.

PostgreSQL is the queue: the engine polls it, and its reconciler sends these again.
"""

import logging
import os
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import redis
from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)
ENGINE = "miaopi:wake:engine"
MOVED = "miaopi:moved"  # channel: ids of applications that left ``submitted``, with spaces

_quiet = {"until": 0.0}  # after a failure nobody waits for Redis for a second


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.3, decode_responses=True
    )


def _failed(error: Exception) -> None:
    _quiet["until"] = time.monotonic() + 1.0
    log.warning("wake-up not sent, the reconciler will do it: %s", type(error).__name__)


class _Sender:
    """One connection a process whose replies Redis keeps to itself (``CLIENT REPLY OFF``).

    Every request and every batch sends once, nobody reads what comes back, and waiting for it was
    a fourteenth of the web process's time. What is sent on a connection that has just broken is
    lost, as any wake-up may be; the next one opens it again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: Any = None
        self._owner = 0

    def send(self, *commands: tuple[str | int, ...]) -> None:
        """Send the commands; nothing is raised."""
        with self._lock:
            if time.monotonic() < _quiet["until"]:
                return
            known = self._connection is not None and self._owner == os.getpid()
            try:
                self._send(commands)
            except redis.RedisError as error:
                self._connection = None
                if known:  # Redis may be back already
                    try:
                        self._send(commands)
                        return
                    except redis.RedisError:
                        self._connection = None
                _failed(error)

    def _send(self, commands: Sequence[tuple[str | int, ...]]) -> None:
        if self._connection is None or self._owner != os.getpid():
            connection = client().connection_pool.make_connection()
            connection.connect()
            connection.send_command("CLIENT", "REPLY", "OFF")
            self._connection, self._owner = connection, os.getpid()
        self._connection.send_packed_command(self._connection.pack_commands(commands))


_sender = _Sender()


def wake_engine() -> None:
    """Wake one standing engine: one that sleeps, or the first to end its batch.

    What waits is one wake-up at most. More would each have an engine look for nothing.
    """
    _sender.send(("LPUSH", ENGINE, "1"), ("LTRIM", ENGINE, 0, 0))


def sleep(seconds: float) -> bool:
    """Wait for a wake-up, at most ``seconds``; True when one came. Without Redis, just wait."""
    try:
        return client_blocking().blpop([ENGINE], timeout=seconds) is not None
    except redis.RedisError as error:
        _failed(error)
        time.sleep(min(seconds, 0.2))
        return False


@lru_cache(maxsize=1)
def client_blocking() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=0.3, decode_responses=True
    )


def announce_moved(identifiers: Iterable[object]) -> None:
    """Wake the requests that wait for these applications, which have left ``submitted``."""
    _sender.send(("PUBLISH", MOVED, " ".join(map(str, identifiers))))


def tasks(name: str, **each: Sequence[str]) -> bool:
    """Send a Celery task by name for each value, unless the same one waits in the queue already.

    ``tasks("approvals.check", registry=["education", "credit"])`` costs one round trip to Redis
    when both are queued. Returns whether Redis took it.
    """
    if time.monotonic() < _quiet["until"]:
        return False
    wanted = [{key: value} for key, values in each.items() for value in values] if each else [{}]
    try:
        with client().pipeline(transaction=False) as pipe:
            for kwargs in wanted:
                pipe.set(mark_of(name, **kwargs), "1", nx=True, px=3_000)
            fresh = pipe.execute()
        for kwargs, new in zip(wanted, fresh, strict=True):
            if new:
                current_app.send_task(name, kwargs=kwargs, retry=False)
        return True
    except Exception as error:
        _failed(error)
        return False


def mark_of(name: str, **kwargs: str) -> str:
    return ":".join(["miaopi:queued", name, *kwargs.values()])


def task_began(name: str, **kwargs: str) -> None:
    """A task begins: from now on a new wake-up is worth a new message."""
    try:
        client().delete(mark_of(name, **kwargs))
    except redis.RedisError as error:
        _failed(error)
