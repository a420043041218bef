"""A durable house of its own, 500 applications in flight, and what is done to it meanwhile."""

import contextlib
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks.cases import Drawn
from benchmarks.load import Client
from deploy.local.servers import Servers
from deploy.local.stack import Stack

PATH = "/api/v1/applications"
EACH = 8  # applications that go out while something is held up, so that it is held up by them


@dataclass
class Load:
    """A client that never gives up on an application: same key, again, until it is acknowledged."""

    client: Client
    cases: list[Drawn]
    numbers: dict[int, str] = field(default_factory=dict)  # place in ``cases``: number
    refused: list[Any] = field(default_factory=list)
    allowed: int = 0  # how many of ``cases`` may be sent by now

    def start(self) -> None:
        self.threads = [
            threading.Thread(target=self._work, args=(turn,), daemon=True) for turn in range(8)
        ]
        for thread in self.threads:
            thread.start()

    def allow(self, more: int) -> None:
        """Let so many more citizens press the button now."""
        self.allowed = min(len(self.cases), self.allowed + more)

    def _work(self, turn: int) -> None:
        for place in range(turn, len(self.cases), 8):
            while place >= self.allowed:
                time.sleep(0.01)
            self._submit(place)

    def _submit(self, place: int) -> None:
        key, end = f"battle-{uuid.uuid4()}", time.monotonic() + 120
        while time.monotonic() < end:
            try:
                status, body = self.client.ask(
                    "POST", PATH, self.cases[place].body(), Idempotency_Key=key
                )
            except (OSError, ValueError):
                status, body = 0, None
            if status in (201, 202):
                self.numbers[place] = body["number"]
                return
            if 400 <= status < 500:
                self.refused.append(body)
                return
            time.sleep(0.3)

    def wait(self) -> None:
        self.allow(len(self.cases))
        for thread in self.threads:
            thread.join(240)
            assert not thread.is_alive(), "the load did not end"


@dataclass
class Battle:
    """The servers, the processes, and one superuser's view of the database."""

    servers: Servers
    stack: Stack

    @contextlib.contextmanager
    def view(self) -> Iterator[psycopg.Connection]:
        url = self.servers.env()["DATABASE_ADMIN_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def kill_engine_inside(self, table: str, load: Load) -> bool:
        """SIGKILL the engine while its transaction waits to write ``table``; was it inside?

        A lock on the table stops it there: nothing is committed. PostgreSQL ends the one statement
        of a decision when the lock is gone, whoever asked for it; the next engine must see that.
        """
        engine = self.stack.processes["engine"]
        with self.view() as holder, self.view() as watcher, holder.transaction():
            holder.execute(f"LOCK TABLE {table} IN SHARE MODE")
            load.allow(EACH)
            inside = until(lambda: self._blocked(watcher, table), 20)
            os.killpg(engine.pid, signal.SIGKILL)
        self.stack.kill("engine")
        self.stack.start("engine")
        return inside

    def _blocked(self, watcher: psycopg.Connection, table: str) -> bool:
        """Does a backend in a decision (not a submission) wait for the table?"""
        row = watcher.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND l.relation = %s::regclass"
            ' AND a.query LIKE \'WITH "part0" AS (INSERT INTO "exchange_lookup"%%\'',
            [table],
        ).fetchone()
        return bool(row and row[0])

    def kill_check_inside(self, load: Load, *, main: bool) -> bool:
        """SIGKILL Celery's children, or the whole worker, while one waits for a registry."""
        self.stack.freeze("registry")
        load.allow(EACH)
        try:
            with self.view() as watcher:
                inside = until(lambda: self._asking(watcher) > 0, 20)
                before = self._asking(watcher)
                if main:
                    self.stack.kill("worker")
                else:
                    for pid in self.stack.pids("worker")[1:]:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                inside = inside and before > 0 and self._asking(watcher) > 0
        finally:
            self.stack.thaw("registry")
        if main or not self.stack.processes["worker"].alive:
            self.stack.kill("worker")
            self.stack.start("worker")
        return inside

    def _asking(self, watcher: psycopg.Connection) -> int:
        row = watcher.execute(
            "SELECT count(*) FROM approvals_check WHERE state = 'due'"
            " AND leased_until > clock_timestamp()"
        ).fetchone()
        return int(row[0]) if row else 0

    def open_cases(self) -> int:
        with self.view() as watcher:
            row = watcher.execute(
                "SELECT count(*) FROM approvals_application WHERE state = 'submitted'"
            ).fetchone()
        return int(row[0]) if row else 0


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until ``true()``, at most so long; returns whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.005)
    return False
