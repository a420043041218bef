"""A PostgreSQL of our own: real, in the foreground, on a Unix socket only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.paths import install_for, own, postgres_install
from deploy.local.process import PYTHON, Process

SUPERUSER = "postgres"
OWNER, APPLICATION = "miaopi_owner", "miaopi_app"
START_SECONDS = 60.0  # crash recovery after a kill under load takes a while
OUTSIDE = ("PG", "LC_", "LANG", "TZ")  # of our environment, nothing of these reaches the server


class PostgresServer:
    """One cluster under `folder`/postgres, its socket in `sockets`.

    `durable=False` is for ordinary tests alone: it trades the safety of data in a power cut
    for speed. Benchmarks and fault tests use the durable settings, as `make run` does.
    """

    def __init__(
        self, folder: Path, sockets: Path, user: tuple[int, int] | None, *, durable: bool
    ) -> None:
        self.data = folder / "postgres"
        self.sockets = sockets
        self.durable = durable
        data_owner = self.data.stat() if self.data.exists() else None
        if data_owner and user and data_owner.st_uid:
            user = (data_owner.st_uid, data_owner.st_gid)  # as when it was made
        self.user = user
        self.install = install_for(user, postgres_install())
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(OUTSIDE)}
        self.env |= {"LC_ALL": "C", "HOME": str(folder)}
        self.process = Process(
            name="postgres",
            command=[str(self.install / "bin/postgres"), "-D", str(self.data), *self._settings()],
            log=folder / "log" / "postgres.log",
            env=self.env,
            cwd=Path("/"),
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            patience=6.0,
            mark=folder / "postgres.mark",
        )

    def _settings(self) -> list[str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20  # MiB
        buffers = min(512, max(64, memory // 8)) if self.durable else 128
        settings: dict[str, object] = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "max_connections": 200,
            "shared_buffers": f"{buffers}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "256MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "max_locks_per_transaction": 128,  # partitions
            "jit": "off",
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
            "log_line_prefix": "%m [%p] %u@%d ",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": 0, "max_wal_size": "4GB"}
        return [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]

    def create(self) -> None:
        """initdb beside the final place, so that a half-made cluster is never taken for one."""
        made = self.data / "PG_VERSION"
        if made.exists() and self._fits(made.read_text().strip()):
            return
        shutil.rmtree(self.data, ignore_errors=True)
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        own(fresh, self.user)
        uid, gid = self.user or (-1, -1)
        hold = [*PYTHON, "hold", str(os.getpid()), str(uid), str(gid), str(int(signal.SIGKILL))]
        done = subprocess.run(
            [*hold, "--", str(self.install / "bin/initdb"), "-D", str(fresh), "-U", SUPERUSER]
            + ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
            + ["--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"]
            + ["--auth-local=trust", "--auth-host=reject"]
            + ([] if self.durable else ["--no-sync"]),
            check=False,
            capture_output=True,
            text=True,
            env=self.env,
            cwd="/",
        )
        if done.returncode:
            raise SystemExit(f"initdb failed:\n{done.stdout}{done.stderr}")
        fresh.rename(self.data)

    def _fits(self, major: str) -> bool:
        """Data belong to one major version; durable data of another are left alone, loudly."""
        ask = [str(self.install / "bin/postgres"), "--version"]
        here = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[-1]
        if here.partition(".")[0] == major:
            return True
        if self.durable:
            raise SystemExit(
                f"{self.data} 由 PostgreSQL {major} 建立，现有程序为 {here}。\n"
                f"{self.data} was made by PostgreSQL {major}; the program here is {here}. "
                "Dump and restore it, or remove the folder to begin anew."
            )
        return False

    def start(self) -> None:
        """Create what is missing, start, and return once queries are answered."""
        self.create()
        self.launch()
        self._roles()

    def launch(self) -> None:
        """Start and wait. After a crash the old backends may need a moment to let go: try on."""
        ends = time.monotonic() + START_SECONDS
        while True:
            if not self.process.alive:
                self.begin()
            while self.process.alive and time.monotonic() < ends:
                if self.answers():
                    return
                time.sleep(0.02)
            if time.monotonic() > ends - START_SECONDS + 15 or self._hopeless():
                self.process.kill()
                raise RuntimeError(f"PostgreSQL does not start:\n{self.process.tail()}")
            self.process.forget()
            time.sleep(0.3)

    def begin(self) -> None:
        """Start without waiting."""
        for stale in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            self._clear(stale)
        self.process.start()

    def _clear(self, stale: Path) -> None:
        """Our lock says that no instance runs; a pid in a left file may be anybody's by now.

        `postmaster.pid` also names the shared memory that surviving backends hold, which is
        why it stays while its own pid is not running: PostgreSQL then looks for them.
        """
        if stale.name != "postmaster.pid":
            stale.unlink(missing_ok=True)
            return
        try:
            pid = int(stale.read_text().split()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return
        stale.unlink(missing_ok=True)

    def _hopeless(self) -> bool:
        return "shared memory" not in self.process.tail(8)

    def answers(self) -> bool:
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        self.process.stop()

    def stop_immediately(self) -> None:
        """As in a crash: no checkpoint, recovery at the next start."""
        self.process.signal(signal.SIGQUIT)
        self.process.finish(time.monotonic() + 6)

    def kill(self) -> None:
        """SIGKILL; its backends notice and leave."""
        self.process.kill()

    def url(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """As superuser, autocommit."""
        return psycopg.connect(self.url(database=database), autocommit=True, connect_timeout=5)

    def _roles(self) -> None:
        with self.connect() as connection:
            have = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
                if role not in have:
                    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER " + rights)
                    connection.execute(statement.format(sql.Identifier(role)))

    def ensure_database(self, name: str) -> None:
        """An empty database of the owner's, if there is none. No rights for anybody else."""
        with self.connect() as connection:
            if connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                return
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )

    def drop_databases(self, like: str) -> None:
        """Drop databases whose names are LIKE the pattern, with whoever is in them."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [like]
            )
            for (name,) in rows.fetchall():
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name)))
                )
