"""Restores a database to its template, as the owner, while others may be connected."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import psycopg
from psycopg import errors, sql

from deploy.local.servers import with_database

TRIES = 20
MANY = 5_000  # rows; a table with more is emptied by TRUNCATE, which leaves nothing to clean up
Connection = psycopg.Connection[tuple[object, ...]]

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

    History tables refuse to be emptied: the superuser sets their triggers aside, or, where there
    is none, the owner disables them within the one transaction; the application's role can
    neither. The superuser restores only the tables that were changed.
    """

    def __init__(self, name: str) -> None:
        self.url = with_database(os.environ["DATABASE_OWNER_URL"], name)
        admin = os.environ.get("DATABASE_ADMIN_URL")
        self.admin = with_database(admin, name) if admin else ""
        with psycopg.connect(self.url) as connection:
            self.columns: dict[str, list[str]] = dict(connection.execute(TABLES).fetchall())
            self.triggers = connection.execute(TRIGGERS).fetchall()
            self.rows = {table: self._read(connection, table) for table in self.columns}
            self.stamps = self._stamps(connection, self.columns)

    def _stamps(self, connection: Connection, tables: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return how many rows each table has, and the sum of the transactions that wrote them.

        A row written later has a later transaction than all of the original's: with as many rows
        as before the sum is greater, whatever was updated, or removed and added.
        """
        parts = [
            sql.SQL("SELECT {}, count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM {}")
            .format(table, sql.Identifier(table))
            for table in tables
        ]  # fmt: skip
        rows = connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall() if parts else []
        return {str(table): (int(str(n)), int(str(total))) for table, n, total in rows}

    def _read(self, connection: Connection, table: str) -> bytes:
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
                if self.admin and self._restore_changed():
                    return
                with psycopg.connect(self.url) as connection:
                    self._restore(connection)
                    self.stamps = self._stamps(connection, self.columns)
                return
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.1)

    def _restore_changed(self) -> bool:
        """Restore what differs; False, and nothing done, where that is too much for it."""
        with psycopg.connect(self.admin) as connection:
            connection.execute("SET lock_timeout = '3s'")
            every = sql.SQL(", ").join(map(sql.Identifier, self.columns))
            connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(every))
            found = self._stamps(connection, self.columns)
            changed = [table for table, stamp in found.items() if stamp != self.stamps[table]]
            if any(found[table][0] > MANY for table in changed):
                return False
            connection.execute("SET session_replication_role = replica")
            always = [t for t in self.triggers if t[0] in changed and t[2] in ("A", b"A")]
            self._set_triggers(connection, "DISABLE", always)
            for table in changed:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                self._write(connection, table)
            self._set_triggers(connection, None, always)
            self.stamps |= self._stamps(connection, changed)
        return True

    def _restore(self, connection: Connection) -> None:
        connection.execute("SET lock_timeout = '3s'")
        every = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        self._set_triggers(connection, "DISABLE", self.triggers)
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(every))
        for table in self.rows:
            self._write(connection, table)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._set_triggers(connection, None, self.triggers)

    def _write(self, connection: Connection, table: str) -> None:
        if rows := self.rows[table]:
            query = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table), self._columns(table)
            )
            with connection.cursor().copy(query) as target:
                target.write(rows)

    def _set_triggers(
        self, connection: Connection, action: str | None, triggers: Iterable[tuple[object, ...]]
    ) -> None:
        for table, trigger, state in triggers:
            key = state if isinstance(state, bytes) else str(state).encode()
            connection.execute(
                sql.SQL("ALTER TABLE {} " + (action or ENABLE[key]) + " TRIGGER {}").format(
                    sql.Identifier(str(table)), sql.Identifier(str(trigger))
                )
            )
