"""New databases with a seeded city, and copies of them, on the servers of `with-servers`."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.paths import ROOT
from deploy.local.servers import with_database
from deploy.local.stack import Stack

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")


def create_database(name: str, template: str = "template1") -> dict[str, str]:
    """Create a database of the owner's; the settings that point at it."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER miaopi_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return {key: with_database(os.environ[key], name) for key in URLS}


@dataclass(slots=True)
class SeededDatabase:
    """A database with keys, packs, partners and a seeded city; ``base`` is its name."""

    base: str

    def name(self, contender: str) -> str:
        return f"{self.base}_{contender}"

    def copy(self, contender: str) -> None:
        """Copy the database as it is now; nobody may be connected to it."""
        from django.db import connections

        connections.close_all()
        create_database(self.name(contender), self.base)


@contextmanager
def seeded_database(persons: int = 20_000) -> Iterator[SeededDatabase]:
    """Make a new database beside the servers' first one and set Django up on it."""
    base = f"bench_{os.getpid()}"
    os.environ.update(create_database(base))
    with tempfile.TemporaryDirectory(prefix="miaopi-bench-") as folder:
        os.environ.update(
            DEMO="1", KEYS_DIR=folder, LOG_LEVEL="ERROR", DJANGO_SETTINGS_MODULE="config.settings"
        )
        with tempfile.TemporaryDirectory(prefix="miaopi-bench-log-") as logs:
            Stack({"KEYS_DIR": folder}, Path(logs), persons=persons).prepare()
        import django

        django.setup()
        yield SeededDatabase(base)
        from django.db import connections

        connections.close_all()


class Wal:
    """Returns how much WAL the server has written; its connection is to one database."""

    def __init__(self, connection: psycopg.Connection, url: str) -> None:
        self.connection, self.url = connection, url

    def __call__(self) -> int:
        row = self.connection.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
        ).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def on_database(name: str) -> Iterator[Wal]:
    """Point Django and a connection of the owner's at one copy."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    url = with_database(os.environ["DATABASE_URL"], name)
    owner = with_database(os.environ["DATABASE_OWNER_URL"], name)
    with psycopg.connect(owner, autocommit=True) as raw:
        yield Wal(raw, url)
    connection.close()


def server_cpu() -> float:
    """Return the CPU seconds that the server's processes have used, those that ended included.

    What other programs do on the machine does not count; it makes them up to twice as many.
    """
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"]) as admin:
        (folder,) = admin.execute("SHOW data_directory").fetchone() or ("",)
    server = int((Path(folder) / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended in the meantime
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            parent, own, of_ended = int(fields[1]), fields[11:13], fields[13:15]
            if int(process.name) == server:
                ticks += sum(map(int, own + of_ended))
            elif parent == server:
                ticks += sum(map(int, own))
    return ticks / os.sysconf("SC_CLK_TCK")


def fsync_ms(times: int = 50) -> float:
    """Return how long this disk takes to make 8 kB durable, in milliseconds."""
    with tempfile.NamedTemporaryFile(dir=ROOT / "var") as file:
        began = time.perf_counter()
        for _ in range(times):
            os.write(file.fileno(), b"x" * 8192)
            os.fsync(file.fileno())
        return (time.perf_counter() - began) / times * 1000
