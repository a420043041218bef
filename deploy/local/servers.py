"""Both servers of one folder, under one lock.

    with Servers(Path("var/run")) as servers:
        os.environ.update(servers.env("miaopi"))

Fault tests also use `postgres.kill()`, `postgres.stop_immediately()`,
`postgres.start_and_wait()`, `redis.kill()` and `redis.start()`.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.lock import FolderInUse, FolderLock
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
        if self.folder != folder.resolve():  # a note of where the data are
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
            shutil.rmtree(self.postgres.data)  # tests need none of it
            self.postgres.start()

    def stop(self) -> None:
        """PostgreSQL first: its clients are gone by now. Then the lock."""
        self.postgres.stop()
        self.redis.stop()
        self.lock.release()

    def pids(self) -> dict[str, int]:
        """Process ids of the servers that run, by name."""
        both = (self.postgres.process, self.redis.process)
        return {p.name: p.pid for p in both if p.is_running}

    def env(self, database: str = "miaopi", redis_number: int = 0) -> dict[str, str]:
        """The settings that point the application at these servers."""
        settings: dict[str, str] = {}
        if "postgres" in self.parts:
            settings |= {
                "DATABASE_URL": self.postgres.url(APPLICATION, database),
                "DATABASE_OWNER_URL": self.postgres.url(OWNER, database),
                "DATABASE_ADMIN_URL": self.postgres.url(database=database),  # for tests
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
    """The first folder of `parent` that is not in use, locked: several runs work side by side."""
    for number in range(limit):
        servers = Servers(parent / str(number), durable=durable, parts=parts)
        try:
            servers.lock.take()
        except FolderInUse:
            continue
        return servers
    raise SystemExit(f"{limit} 套测试服务器都在使用中 / all {limit} slots of {parent} are in use")


def with_database(url: str, name: str) -> str:
    """The same server and role, another database: `postgresql://role@host/NAME?options`."""
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority = rest.partition("/")[0]
    return f"{scheme}://{authority}/{name}" + (f"?{query}" if query else "")
