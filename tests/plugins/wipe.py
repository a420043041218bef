"""Restores a database to its template, as the owner, while others may be connected."""

from __future__ import annotations

import os
import time

import psycopg
from psycopg import errors, sql

from deploy.local.servers import with_database

TRIES = 20

TABLES = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND c.relname <> 'django_migrations'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""
TRIGGERS = """
SELECT c.relname, t.tgname, t.tgenabled
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0
  AND t.tgenabled <> 'D'
"""
ENABLE = {b"O": "ENABLE", b"A": "ENABLE ALWAYS", b"R": "ENABLE REPLICA"}


class Original:
    """The rows of one database as they are now, to be restored later.

    History tables refuse to be emptied: their triggers are disabled by the owner, within the
    one transaction, which is exactly what the application's role cannot do.
    """

    def __init__(self, name: str) -> None:
        self.url = with_database(os.environ["DATABASE_OWNER_URL"], name)
        with psycopg.connect(self.url) as connection:
            self.columns: dict[str, list[str]] = dict(connection.execute(TABLES).fetchall())
            self.triggers = connection.execute(TRIGGERS).fetchall()
            self.rows = {table: self._read(connection, table) for table in self.columns}

    def _read(self, connection: psycopg.Connection[tuple[object, ...]], table: str) -> bytes:
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
            self._columns(table), sql.Identifier(table)
        )
        with connection.cursor().copy(query) as rows:
            return b"".join(bytes(part) for part in rows)

    def _columns(self, table: str) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns[table]))

    def restore(self) -> None:
        """Restore all rows. Waits for others' locks, and tries again after a deadlock."""
        for attempt in range(TRIES):
            try:
                with psycopg.connect(self.url) as connection:
                    self._restore(connection)
                return
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.1)

    def _restore(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        connection.execute("SET lock_timeout = '3s'")
        every = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        self._set_triggers(connection, "DISABLE")
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(every))
        for table, rows in self.rows.items():
            if rows:
                query = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(table), self._columns(table)
                )
                with connection.cursor().copy(query) as target:
                    target.write(rows)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._set_triggers(connection, None)

    def _set_triggers(
        self, connection: psycopg.Connection[tuple[object, ...]], action: str | None
    ) -> None:
        for table, trigger, state in self.triggers:
            key = state if isinstance(state, bytes) else str(state).encode()
            connection.execute(
                sql.SQL("ALTER TABLE {} " + (action or ENABLE[key]) + " TRIGGER {}").format(
                    sql.Identifier(str(table)), sql.Identifier(str(trigger))
                )
            )
