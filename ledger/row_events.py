"""Events of rows that have no chain of their own: written by PostgreSQL, one a statement.

Look-ups, evidence, consents, roles, partners and the like are written in many ways (set-based, by
the admin, by commands). A trigger of each table makes one ``Event`` of whatever a statement wrote:
the key and the SHA-256 of each row, as it is afterwards, and the database role that did it. Such an
event stands under the signed tree as any other. It costs no round trip, and nobody who writes can
forget it. ``ledger.audit.rows`` compares every row with the last event that names it.

The subject is ``rows:TABLE:ID``, the chain one event long: many writers never wait for each other.
Data: ``columns`` (names that are hashed, in order), ``rows`` (pairs of key and hash; no hash for a
row that was deleted).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

from django.conf import settings
from django.db import models
from psycopg import sql

PREFIX = "rows:"


@dataclass(frozen=True)
class RecordedTable:
    """A table whose rows have events. ``but``: columns that may change without one.

    ``by_owner``: written by ``migrate`` too, that is in the owner's role.
    """

    model: type[models.Model]
    but: tuple[str, ...] = ()
    by_owner: bool = False

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return str(self.model._meta.pk.column)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(
            str(f.column)
            for f in self.model._meta.concrete_fields
            if f.name not in self.but and f.column not in self.but
        )

    def digest(self, alias: str) -> sql.Composed:
        """Return SQL for the hash of a row, in hex; see ``SETTINGS``."""
        values = sql.SQL(", ").join(sql.Identifier(alias, c) for c in self.columns)
        return sql.SQL(
            "encode(sha256(convert_to(json_build_array({})::text, 'UTF8')), 'hex')"
        ).format(values)


# what the text of a moment or of binary data depends on, beside its value
SETTINGS = {"timezone": "UTC", "datestyle": "ISO, MDY", "bytea_output": "hex"}
_SET = "".join(f" SET {name} = '{value}'" for name, value in SETTINGS.items())

# The hash is that of ledger.events.digest: sorted keys, no spaces.
WRITE = """
CREATE OR REPLACE FUNCTION ledger_row_event(name text, kind text, columns text, pairs text)
    RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp<settings> AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    id uuid := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;  -- version 7
    subject text := 'rows:' || name || ':' || id;
    who text := 'role:' || session_user;
    data text := '{"columns":' || to_json(columns) || ',"rows":[' || pairs || ']}';
BEGIN
    INSERT INTO ledger_event (id, subject, seq, kind, before, after, by, at, data, previous, hash)
    VALUES (id, subject, 1, kind, '', '', who, moment, data, NULL, sha256(convert_to(
        '{"after":"","at":"' || to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","before":"","by":' || to_json(who) || ',"data":' || to_json(data)
        || ',"kind":"' || kind || '","previous":"","seq":"1","subject":"' || subject || '"}',
        'UTF8')));
END $$;
REVOKE EXECUTE ON FUNCTION ledger_row_event(text, text, text, text) FROM PUBLIC;
""".replace("<settings>", _SET)

_TRIGGERS = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp{settings} AS $$
DECLARE
    pairs text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT string_agg('["' || a.{key} || '","' || {after} || '"]', ','
            ORDER BY a.{key}::text COLLATE "C") INTO pairs FROM after a;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT string_agg('["' || coalesce(a.{key}, b.{key}) || '","'
            || CASE WHEN a.{key} IS NULL THEN '' ELSE {after} END || '"]', ','
            ORDER BY coalesce(a.{key}, b.{key})::text COLLATE "C") INTO pairs
        FROM after a FULL JOIN before b ON a.{key} = b.{key}
        WHERE a.{key} IS NULL OR b.{key} IS NULL OR {after} <> {before};
    ELSE
        SELECT string_agg('["' || b.{key} || '",""]', ','
            ORDER BY b.{key}::text COLLATE "C") INTO pairs FROM before b;
    END IF;
    IF pairs IS NOT NULL THEN
        PERFORM ledger_row_event({name}, 'rows_' || lower(TG_OP) || CASE TG_OP
            WHEN 'INSERT' THEN 'ed' ELSE 'd' END, {columns}, pairs);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER row_event_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER row_event_update AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER row_event_delete AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""

# Rows from before the triggers, or before a column: named once, by migrate.
_ANCHOR = """
DO $anchor$ BEGIN
    IF NOT EXISTS (SELECT FROM ledger_event e WHERE starts_with(e.subject, {prefix})
        AND e.kind = 'rows_anchored' AND starts_with(e.data, {begin}))
       AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.proname = {literal}
        AND strpos(p.prosrc, {columns_literal}) > 0) THEN
        PERFORM ledger_row_event({name}, 'rows_anchored', {columns}, pairs) FROM (
            SELECT string_agg('["' || a.{key} || '","' || {after} || '"]', ','
                ORDER BY a.{key}::text COLLATE "C") AS pairs
            FROM (SELECT *, (row_number() OVER (ORDER BY {key})) / 1000 AS part
                FROM {table}) AS a
            GROUP BY a.part) AS parts;
    END IF;
END $anchor$;
"""


def guard(table: RecordedTable) -> Iterator[str]:
    """Yield the SQL of a table's triggers, with events of the rows that have none."""
    columns = ",".join(table.columns)
    begin = '{"columns":"' + columns + '"'
    parts: dict[str, sql.Composable] = {
        "function": sql.Identifier(f"{table.name}_row_event"),
        "literal": sql.Literal(f"{table.name}_row_event"),
        "settings": sql.SQL(_SET),  # type: ignore[arg-type]  # ours
        "name": sql.Literal(table.name),
        "table": sql.Identifier(table.name),
        "key": sql.Identifier(table.key),
        "columns": sql.Literal(columns),
        "columns_literal": sql.Literal(f"'{columns}'"),
        "prefix": sql.Literal(f"{PREFIX}{table.name}:"),
        "begin": sql.Literal(begin),
        "after": table.digest("a"),
        "before": table.digest("b"),
    }
    yield "SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'"
    for text in (_ANCHOR, _TRIGGERS):
        yield sql.SQL(text).format(**parts).as_string(None)  # type: ignore[arg-type]


def tables() -> Iterator[RecordedTable]:
    """Yield all tables whose rows have events, as the apps' ``guards`` list them."""
    for path in settings.GUARDS:
        yield from getattr(import_module(path), "RECORDED", ())
