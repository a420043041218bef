"""Faults injected into running processes and their servers, at named points of the work."""

import contextlib
import datetime
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.cases import Drawn, draw
from demo.city import City, cohort_on
from deploy.local.servers import Servers
from deploy.local.stack import Stack
from tests.faults.clients import Clients
from tests.waiting import eventually

PERSONS, ENTERPRISES = 3000, 100
STEP = 8  # applications sent while something is blocked: one of them meets the block


@dataclass
class Injection:
    """The servers, the processes, their city, and a superuser's view of the database."""

    servers: Servers
    stack: Stack
    city: City
    today: datetime.date
    applied: set[str] = field(default_factory=set)  # who has been drawn, by number

    def draw(self, count: int, *, seed: int, service: str = "") -> list[Drawn]:
        """Applications of citizens that were not drawn before: each may apply once."""
        found = []
        for drawn in draw(self.city, self.city.persons // 2, seed=seed):
            if drawn.person.number not in self.applied and service in ("", drawn.service):
                found.append(drawn)
                self.applied.add(drawn.person.number)
                if len(found) == count:
                    return found
        raise ValueError(f"the city has no {count} citizens left")

    @contextlib.contextmanager
    def view(self) -> Iterator[psycopg.Connection]:
        url = self.servers.env()["DATABASE_ADMIN_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def kill_engine_inside(self, table: str, clients: Clients) -> bool:
        """SIGKILL the engine while its transaction waits to write ``table``; was it inside?

        A lock on the table stops it there: nothing is committed. PostgreSQL completes the one
        statement of a decision when the lock is released, although its client has ended; the
        next engine must see that.
        """
        engine = self.stack.processes["engine"]
        with self.view() as holder, self.view() as watcher, holder.transaction():
            holder.execute(f"LOCK TABLE {table} IN SHARE MODE")
            clients.allow(STEP)
            inside = eventually(lambda: self._is_blocked(watcher, table), 20, pause=0.005)
            os.killpg(engine.pid, signal.SIGKILL)
        self.stack.kill("engine")
        self.stack.start("engine")
        return inside

    def _is_blocked(self, watcher: psycopg.Connection, table: str) -> bool:
        """Does a backend in a decision (not a submission) wait for the table?"""
        row = watcher.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND l.relation = %s::regclass"
            ' AND a.query LIKE \'WITH "part0" AS (INSERT INTO "exchange_lookup"%%\'',
            [table],
        ).fetchone()
        return bool(row and row[0])

    def kill_check_inside(self, clients: Clients, *, main: bool) -> bool:
        """SIGKILL Celery's children, or the whole worker, while one waits for a registry."""
        self.stack.suspend("registry")
        clients.allow(STEP)
        try:
            with self.view() as watcher:
                inside = eventually(lambda: self._leased_checks(watcher) > 0, 20, pause=0.005)
                before = self._leased_checks(watcher)
                if main:
                    self.stack.kill("worker")
                else:
                    for pid in self.stack.pids("worker")[1:]:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                inside = inside and before > 0 and self._leased_checks(watcher) > 0
        finally:
            self.stack.resume("registry")
        self.stack.restart_ended(["worker"])
        return inside

    def _leased_checks(self, watcher: psycopg.Connection) -> int:
        row = watcher.execute(
            "SELECT count(*) FROM approvals_check WHERE state = 'due'"
            " AND leased_until > clock_timestamp()"
        ).fetchone()
        return int(row[0]) if row else 0

    def undecided(self) -> int:
        with self.view() as watcher:
            row = watcher.execute(
                "SELECT count(*) FROM approvals_application WHERE state = 'submitted'"
            ).fetchone()
        return int(row[0]) if row else 0


@contextlib.contextmanager
def running(folder: Path, persons: int = PERSONS) -> Iterator[Injection]:
    """Durable servers and all processes under ``folder``, erased afterwards."""
    today = datetime.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    city = City(persons=persons, enterprises=ENTERPRISES, cohort=cohort_on(today)).on(today)
    servers = Servers(folder / "servers", durable=True)
    with servers:
        servers.postgres.ensure_database("miaopi")
        env = {**servers.env(), "KEYS_DIR": str(folder / "keys")}
        stack = Stack(env, folder / "stack", persons=persons, enterprises=ENTERPRISES)
        try:
            stack.prepare()
            stack.start()
            yield Injection(servers, stack, city, today)
        finally:
            stack.stop()
    servers.erase()
