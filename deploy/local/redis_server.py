"""A Redis of our own, in the foreground, on a Unix socket only."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import redis

from deploy.local.paths import install_for, make_private, redis_install
from deploy.local.process import Process


class RedisServer:
    """Durable: every write is on disk before its reply. Not durable: nothing is written."""

    def __init__(
        self, folder: Path, sockets: Path, user: tuple[int, int] | None, *, durable: bool
    ) -> None:
        self.data = folder / "redis"
        self.socket = sockets / "redis.sock"
        self.user = user
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": "64",
            "save": "",
            "maxmemory": "512mb",
            "maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
            "appendonly": "yes" if durable else "no",
            "appendfsync": "always",
            "daemonize": "no",
            "loglevel": "warning",
        }
        arguments = [word for k, v in settings.items() for word in (f"--{k}", v)]
        binary = install_for(user, redis_install()) / "redis-server"
        self.process = Process(
            name="redis",
            command=[str(binary), *arguments],
            log=folder / "log" / "redis.log",
            cwd=Path("/"),
            user=user,
            stop_signal=signal.SIGTERM,
            stop_seconds=5.0,
            pid_file=folder / "redis.pid",
        )

    def spawn(self) -> None:
        """Start without waiting."""
        make_private(self.data, self.user)
        self.process.start()

    def start(self) -> None:
        self.spawn()
        deadline = time.monotonic() + 15
        while not self.answers():
            if not self.process.is_running or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"Redis does not start:\n{self.process.log_tail()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with self.connect() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            return False

    def connect(self, number: int = 0) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), db=number, socket_timeout=5)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def url(self, number: int = 0) -> str:
        return f"unix://{self.socket}?db={number}"
