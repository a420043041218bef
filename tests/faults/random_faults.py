"""Faults drawn with a seed, one at a time, over every process, server and connection.

Each kind comes once before any comes again, so that a short run has them all too.
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import psycopg
import redis

from deploy.local.process import Process
from deploy.local.stack import NAMES
from tests.faults.injection import Injection

SUSPENDED = 2.0  # seconds that a suspended process stands still


class RandomFaults:
    """``inject`` makes one fault, ``repair`` starts again what has ended; from the main thread."""

    def __init__(self, injection: Injection, seed: int) -> None:
        self.injection = injection
        self.random = random.Random(seed)
        self.made: Counter[str] = Counter()
        self.suspended: list[tuple[float, int]] = []  # (monotonic time to go on, process group)
        # with how many of a hundred each is drawn
        self.weights: dict[Callable[[], bool], int] = {
            self.kill_engine: 10,
            self.kill_worker: 8,
            self.kill_worker_child: 15,
            self.kill_web: 10,
            self.kill_registry: 8,
            self.kill_postgres: 3,  # few: each is followed by a recovery of some seconds
            self.crash_postgres: 2,
            self.end_session: 15,
            self.end_all_sessions: 8,
            self.kill_redis: 6,
            self.empty_redis: 4,
            self.end_redis_clients: 6,
            self.suspend_process: 5,
        }
        self.unmade = list(self.weights)  # kinds that have not been made yet, in a drawn order
        self.random.shuffle(self.unmade)

    def inject(self) -> str:
        """Make one fault; its name. Raises ``RuntimeError`` when no fault finds a victim."""
        for attempt in range(100):
            (fault,) = self.random.choices(list(self.weights), list(self.weights.values()))
            if self.unmade and attempt == 0:
                fault = self.unmade[0]
            if fault():
                self.made[fault.__name__] += 1
                if fault in self.unmade:
                    self.unmade.remove(fault)
                return fault.__name__
        raise RuntimeError("nothing is left that could fail")

    def repair(self) -> None:
        """What a supervisor does, without its pauses and without waiting."""
        while self.suspended and self.suspended[0][0] <= time.monotonic():
            self._signal_group(self.suspended.pop(0)[1], signal.SIGCONT)
        for process in self.injection.stack.processes.values():
            if process in self._processes() and not process.is_running:
                process.kill()
                process.start()
        for server in (self.injection.servers.postgres, self.injection.servers.redis):
            if not server.process.is_running:
                server.process.forget()
                server.spawn()

    def finish(self, seconds: float) -> bool:
        """Let everything run again; does the site say that it can work, within the time?"""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.repair()
            if not self.suspended and self.injection.stack.answers("/ready/"):
                return True
            time.sleep(0.1)
        return False

    def _processes(self) -> list[Process]:
        return [self.injection.stack.processes[name] for name in NAMES]

    def _kill(self, process: Process) -> bool:
        if not process.is_running:
            return False
        self._signal_group(process.pid, signal.SIGKILL)
        process.kill()
        return True

    def _signal_group(self, group: int, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)

    def kill_engine(self) -> bool:
        return self._kill(self.injection.stack.processes["engine"])

    def kill_worker(self) -> bool:
        return self._kill(self.injection.stack.processes["worker"])

    def kill_web(self) -> bool:
        return self._kill(self.injection.stack.processes["web"])

    def kill_registry(self) -> bool:
        return self._kill(self.injection.stack.processes["registry"])

    def kill_worker_child(self) -> bool:
        """One of Celery's children; its main process must notice and start another."""
        if not self.injection.stack.processes["worker"].is_running:
            return False
        children = self.injection.stack.pids("worker")[1:]
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.random.choice(children), signal.SIGKILL)
        return True

    def kill_postgres(self) -> bool:
        return self._kill(self.injection.servers.postgres.process)

    def crash_postgres(self) -> bool:
        """As by a power cut, but that its files stay: recovery at the next start."""
        postgres = self.injection.servers.postgres
        if not postgres.process.is_running:
            return False
        postgres.stop_immediately()
        return True

    def end_session(self) -> bool:
        """End one connection at the server's side."""
        return self._end_sessions("ORDER BY random() LIMIT 1")

    def end_all_sessions(self) -> bool:
        """What a failover or a firewall does."""
        return self._end_sessions("")

    def _end_sessions(self, which: str) -> bool:
        try:
            with self.injection.view() as admin:
                ended = admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                    f" WHERE usename = 'miaopi_app' {which}) AS sessions"
                ).fetchall()
        except psycopg.OperationalError:  # it is down already
            return False
        return bool(ended)

    def kill_redis(self) -> bool:
        return self._kill(self.injection.servers.redis.process)

    def empty_redis(self) -> bool:
        return self._ask_redis(lambda client: client.flushall())

    def end_redis_clients(self) -> bool:
        return self._ask_redis(
            lambda client: client.client_kill_filter(_type="normal", skipme=True)
        )

    def _ask_redis(self, command: Callable[[redis.Redis], object]) -> bool:
        try:
            with self.injection.servers.redis.connect() as client:
                command(client)
        except redis.RedisError:
            return False
        return True

    def suspend_process(self) -> bool:
        """A process stands still for a moment: its leases run on, its connections stay open."""
        running = [process for process in self._processes() if process.is_running]
        if not running:
            return False
        group = self.random.choice(running).pid
        self._signal_group(group, signal.SIGSTOP)
        self.suspended.append((time.monotonic() + SUSPENDED, group))
        return True
