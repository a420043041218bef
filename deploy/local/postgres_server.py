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

from deploy.local.paths import install_for, make_private, postgres_install
from deploy.local.process import Process, child_command

SUPERUSER = "postgres"
OWNER, APPLICATION = "miaopi_owner", "miaopi_app"
START_SECONDS = 60.0  # crash recovery after a kill under load takes a while
REMOVED_VARIABLES = ("PG", "LC_", "LANG", "TZ")  # prefixes; the server must not read these


class PostgresServer:
    """One cluster under `folder`/postgres, its socket in `sockets`.

    `durable=False` is for ordinary tests only: faster, and data may be lost in a power cut.
    Benchmarks and fault tests use the durable settings, as `make run` does.
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
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(REMOVED_VARIABLES)}
        self.env |= {"LC_ALL": "C", "HOME": str(folder)}
        self.process = Process(
            name="postgres",
            command=[str(self.install / "bin/postgres"), "-D", str(self.data), *self._settings()],
            log=folder / "log" / "postgres.log",
            env=self.env,
            cwd=Path("/"),
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_seconds=6.0,
            pid_file=folder / "postgres.pid",
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
        """initdb in another folder, renamed when complete: a partial cluster is never used."""
        version = self.data / "PG_VERSION"
        if version.exists() and self._has_our_version(version.read_text().strip()):
            return
        shutil.rmtree(self.data, ignore_errors=True)
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        make_private(fresh, self.user)
        initdb = [str(self.install / "bin/initdb"), "-D", str(fresh), "-U", SUPERUSER]
        initdb += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        initdb += ["--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        initdb += ["--auth-local=trust", "--auth-host=reject"]
        initdb += [] if self.durable else ["--no-sync"]
        done = subprocess.run(
            child_command(initdb, user=self.user, parent_signal=signal.SIGKILL),
            check=False,
            capture_output=True,
            text=True,
            env=self.env,
            cwd="/",
        )
        if done.returncode:
            raise SystemExit(f"initdb failed:\n{done.stdout}{done.stderr}")
        fresh.rename(self.data)

    def _has_our_version(self, major: str) -> bool:
        """Were the data made by this major version? Durable data of another stop the start."""
        command = [str(self.install / "bin/postgres"), "--version"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ours = output.split()[-1]
        if ours.partition(".")[0] == major:
            return True
        if self.durable:
            raise SystemExit(
                f"{self.data} 由 PostgreSQL {major} 建立，现有程序为 {ours}。\n"
                f"{self.data} was made by PostgreSQL {major}; the program here is {ours}. "
                "Dump and restore it, or remove the folder to begin anew."
            )
        return False

    def start(self) -> None:
        """Create what is missing, start, and return once queries are answered."""
        self.create()
        self.start_and_wait()
        self._make_roles()

    def start_and_wait(self) -> None:
        """Start an existing cluster. After a crash the old backends still hold its shared memory
        for a moment: then it is tried again, for 15 seconds."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.process.is_running:
                self.spawn()
            while self.process.is_running and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.02)
            if time.monotonic() > deadline - START_SECONDS + 15 or not self._memory_is_held():
                self.process.kill()
                raise RuntimeError(f"PostgreSQL does not start:\n{self.process.log_tail()}")
            self.process.forget()
            time.sleep(0.3)

    def spawn(self) -> None:
        """Start without waiting."""
        for stale in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            self._remove_stale(stale)
        self.process.start()

    def _remove_stale(self, stale: Path) -> None:
        """The folder lock says that no instance runs; the pid in an old file may be of any process.

        `postmaster.pid` also names the shared memory that surviving backends hold: it is kept
        while no process has its pid, because PostgreSQL then looks for those backends.
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

    def _memory_is_held(self) -> bool:
        return "shared memory" in self.process.log_tail(8)

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
        """SIGKILL to the postmaster; its backends notice and end."""
        self.process.kill()

    def url(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """As superuser, autocommit."""
        return psycopg.connect(self.url(database=database), autocommit=True, connect_timeout=5)

    def _make_roles(self) -> None:
        with self.connect() as connection:
            existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
                if role not in existing:
                    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER " + rights)
                    connection.execute(statement.format(sql.Identifier(role)))

    def ensure_database(self, name: str) -> None:
        """An empty database of the owner's, if there is none. No other role gets rights."""
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
        """Drop databases whose names are LIKE the pattern, ending the sessions in them."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [like]
            )
            for (name,) in rows.fetchall():
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name)))
                )
