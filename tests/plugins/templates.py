"""Databases that are made once and copied: empty tables, and a furnished small city.

A template is kept in the servers' folder under the hash of its sources, so the next
run copies it in a fraction of a second.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from deploy.local.servers import with_database
from deploy.local.stack import Stack, digest, tables_digest

PERSONS, ENTERPRISES, SEED = 400, 100, 2026
LOCK = 0x6D69616F  # of an advisory lock: any number, the same in all workers


@dataclass(frozen=True)
class Template:
    """A database to copy, and the folder of the keys that were published in it."""

    name: str
    folder: Path


def maintenance() -> psycopg.Connection[tuple[object, ...]]:
    """A session that may create and drop databases."""
    url = os.environ.get("DATABASE_ADMIN_URL") or os.environ["DATABASE_OWNER_URL"]
    return psycopg.connect(url, autocommit=True)


@contextmanager
def exclusive() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """One worker at a time: a template cannot be copied while it is being made."""
    with maintenance() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield connection


def settings_for(name: str) -> dict[str, str]:
    """The variables that point a process at one database of this run."""
    urls = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")
    return {key: with_database(os.environ[key], name) for key in urls if os.environ.get(key)}


def bare() -> Template:
    """Tables, guards and grants; no rows but what migrations write."""
    return _template("bare", tables_digest())


def furnished() -> Template:
    """Also keys, partners, packs, personas and a city of 400 persons and 100 enterprises."""
    sources = digest("demo/city/*.py", "cities/**/*", "*/management/commands/*.py")
    return _template("full", tables_digest()[:8] + sources[:8])


def _template(kind: str, state: str) -> Template:
    tables = bare() if kind == "full" else None  # made first: its migrations are the longest step
    name = f"miaopi_{kind}_{state}"
    folder = Path(os.environ["MIAOPI_SLOT"]) / "templates" / name
    with exclusive() as connection:
        known = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}
        if name in known and (folder / "done").exists():
            return Template(name, folder)
        for old in known:
            if old.startswith(f"miaopi_{kind}_"):
                _drop(connection, old)
                shutil.rmtree(folder.with_name(old), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _create(connection, name, tables.name if tables else None)
        stack = Stack(
            settings_for(name), folder, persons=PERSONS, enterprises=ENTERPRISES, seed=SEED
        )
        if kind == "bare":
            stack.step("migrate", "migrate", "--skip-checks", "--verbosity", "0")
        else:
            stamps = folder / "stamps"
            stamps.write_text(json.dumps({"migrate": tables_digest()}))
            stack.prepare(stamps=stamps)
        (folder / "done").touch()
    return Template(name, folder)


def let_tests_publish_keys(name: str) -> None:
    """In the bare database tests make keys in their own transaction, and so in the wrong role."""
    with psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], name)) as connection:
        role = str(conninfo_to_dict(os.environ["DATABASE_URL"])["user"])
        connection.execute(
            sql.SQL(
                "GRANT INSERT, UPDATE (retired_at, number, previous, root_signature) ON"
                " ledger_publickey TO {}"
            ).format(sql.Identifier(role))
        )


def copy(template: Template, name: str) -> None:
    with exclusive() as connection:
        _drop(connection, name)
        _create(connection, name, template.name)


def drop(name: str) -> None:
    with maintenance() as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    force = " WITH (FORCE)" if os.environ.get("DATABASE_ADMIN_URL") else ""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}" + force).format(sql.Identifier(name)))


def _create(
    connection: psycopg.Connection[tuple[object, ...]], name: str, template: str | None
) -> None:
    owner = str(conninfo_to_dict(os.environ["DATABASE_OWNER_URL"])["user"])
    statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
        sql.Identifier(name), sql.Identifier(owner)
    )
    if template:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    connection.execute(statement)
