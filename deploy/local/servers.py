"""Both servers of one folder, under one lock.

    with Servers(Path("var/run")) as servers:
        os.environ.update(servers.env("miaopi"))

Fault tests also use `postgres.kill()`, `postgres.stop_immediately()`, `postgres.launch()` and
the same of `redis`; `pids()` tells whom to freeze.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.lock import Busy, FolderLock
from deploy.local.paths import data_folder, server_user, socket_folder
from deploy.local.postgres_server import APPLICATION, OWNER, PostgresServer
from deploy.local.redis_server import RedisServer


class Servers:
    """PostgreSQL and Redis under `folder`. Start from the main thread only."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        parts: Collection[str] = ("postgres", "redis"),
    ) -> None:
        self.parts = parts
        user = server_user()
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = data_folder(folder.resolve(), user)
        if self.folder != folder.resolve():  # say where the data went
            (folder / "MOVED").write_text(f"{self.folder}\n")
        self.durable = durable
        self.lock = FolderLock(self.folder / "lock")
        sockets = socket_folder(self.folder, user)
        self.postgres = PostgresServer(self.folder, sockets, user, durable=durable)
        self.redis = RedisServer(self.folder, sockets, user, durable=durable)
        self.sockets = sockets

    def start(self) -> Self:
        self.lock.take()
        try:
            if "redis" in self.parts:
                self.redis.start()
            if "postgres" in self.parts:
                self._start_postgres()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_postgres(self) -> None:
        try:
            self.postgres.start()
        except (RuntimeError, OSError):
            if self.durable:
                raise
            shutil.rmtree(self.postgres.data)  # tests keep nothing worth a repair
            self.postgres.start()

    def stop(self) -> None:
        """PostgreSQL first: its clients are gone by now. Then the lock."""
        self.postgres.stop()
        self.redis.stop()
        self.lock.release()

    def stop_immediately(self) -> None:
        """As in a crash, both; the lock stays ours until `stop`."""
        self.postgres.stop_immediately()
        self.redis.kill()

    def restart(self) -> None:
        """Whatever is down comes up again; what runs is restarted."""
        self.postgres.stop()
        self.redis.stop()
        self.redis.launch()
        self.postgres.launch()

    def pids(self) -> dict[str, int]:
        """Process ids of the servers that run, by name."""
        both = (self.postgres.process, self.redis.process)
        return {p.name: p.pid for p in both if p.alive}

    def env(self, database: str = "miaopi", redis_number: int = 0) -> dict[str, str]:
        """The settings that point the house at these servers."""
        settings: dict[str, str] = {}
        if "postgres" in self.parts:
            settings |= {
                "DATABASE_URL": self.postgres.url(APPLICATION, database),
                "DATABASE_OWNER_URL": self.postgres.url(OWNER, database),
                "DATABASE_ADMIN_URL": self.postgres.url(database=database),  # plays the insider
            }
        if "redis" in self.parts:
            settings["REDIS_URL"] = self.redis.url(redis_number)
        return settings

    def erase(self) -> None:
        """Remove the folder's data for good; the servers must be down."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def free_slot(
    parent: Path,
    *,
    durable: bool,
    parts: Collection[str] = ("postgres", "redis"),
    limit: int = 32,
) -> Servers:
    """The first folder of `parent` that nobody else uses, locked: runs live side by side."""
    for number in range(limit):
        servers = Servers(parent / str(number), durable=durable, parts=parts)
        try:
            servers.lock.take()
        except Busy:
            continue
        return servers
    raise SystemExit(f"{limit} 套测试服务器都在使用中 / all {limit} slots of {parent} are in use")
