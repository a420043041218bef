"""A furnished database for benchmarks on the servers of `with-servers`, and copies of it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.paths import ROOT

MANAGE = [sys.executable, "manage.py"]


def renamed(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return head.rpartition("/")[0] + f"/{name}?{query}"


@dataclass(slots=True)
class House:
    """A database with keys, packs, partners and a seeded city, and its name."""

    base: str

    def name(self, contender: str) -> str:
        return f"{self.base}_{contender}"

    def copy(self, contender: str) -> None:
        """Copy the database as it is now; nobody may be connected to it."""
        from django.db import connections

        connections.close_all()
        with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER miaopi_owner").format(
                    sql.Identifier(self.name(contender)), sql.Identifier(self.base)
                )
            )


@contextmanager
def fresh_house(persons: int = 20_000) -> Iterator[House]:
    """Furnish a new database beside the servers' own and set Django up on it."""
    base = f"bench_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER miaopi_owner").format(sql.Identifier(base)))
    with tempfile.TemporaryDirectory(prefix="miaopi-bench-") as folder:
        os.environ.update(
            {key: renamed(os.environ[key], base) for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
        )
        os.environ.update(
            DEMO="1", KEYS_DIR=folder, LOG_LEVEL="ERROR", DJANGO_SETTINGS_MODULE="config.settings"
        )
        for words in (
            ["migrate", "--skip-checks", "--verbosity", "0"],
            ["keys", "make"],
            ["seed", "--persons", str(persons)],
            ["pack", "publish", "--all"],
        ):
            subprocess.run([*MANAGE, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        import django

        django.setup()
        yield House(base)
        from django.db import connections

        connections.close_all()


class Wal:
    """Says how much WAL the server has written; its connection looks at one copy."""

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
    url = renamed(os.environ["DATABASE_URL"], name)
    owner = renamed(os.environ["DATABASE_OWNER_URL"], name)
    with psycopg.connect(owner, autocommit=True) as raw:
        yield Wal(raw, url)
    connection.close()


def fsync_ms(times: int = 50) -> float:
    """Return how long this disk takes to make 8 kB durable, in milliseconds."""
    with tempfile.NamedTemporaryFile(dir=Path(ROOT) / "var") as file:
        began = time.perf_counter()
        for _ in range(times):
            os.write(file.fileno(), b"x" * 8192)
            os.fsync(file.fileno())
        return (time.perf_counter() - began) / times * 1000
