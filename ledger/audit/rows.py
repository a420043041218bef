"""Rows without a chain against the last event that names each of them (``ledger.row_events``)."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from psycopg import sql

from ledger import row_events
from ledger.audit.fault import Fault, stream

# What our trigger writes and nothing else: anything may stand in an edited event, and a cast to
# jsonb that fails would end the audit. An edited event is found by its hash.
_DATA = r"""^\{"columns":"[a-z0-9_,]+","rows":\[(\["[A-Za-z0-9_.:-]+","[0-9a-f]*"\],?)+\]\}$"""

# Materialized: an event of many rows is parsed once, and not again for each of them.
_ENTRIES = """
WITH parsed AS MATERIALIZED (
    SELECT e.by, e.kind, e.at, e.subject,
        CASE WHEN e.data ~ {data} AND e.data IS JSON THEN e.data::jsonb END AS data
    FROM ledger_event e WHERE starts_with(e.subject, {prefix})
), entries AS MATERIALIZED (
    SELECT pair ->> 0 AS id, pair ->> 1 AS digest, p.by, p.kind, p.at, p.subject,
        p.data ->> 'columns' AS columns
    FROM parsed p, jsonb_array_elements(p.data -> 'rows') AS pair
)
"""

_LAST = """
, latest AS (SELECT DISTINCT ON (id) * FROM entries ORDER BY id, at DESC, subject DESC)
SELECT coalesce(l.id, t.{key}::text),
    CASE WHEN l.id IS NULL THEN 'no event speaks of this row: put in with triggers off'
        WHEN t.{key} IS NULL THEN 'is gone: deleted with triggers off'
        WHEN l.digest = '' THEN 'is there again after it was deleted: put in with triggers off'
        WHEN l.columns <> {columns} THEN 'has no event of all its columns: run migrate'
        ELSE 'is not as it was last written: edited with triggers off' END
FROM latest l FULL JOIN {table} t ON t.{key}::text = l.id
WHERE l.id IS NULL OR (t.{key} IS NULL) <> (l.digest = '')
    OR (t.{key} IS NOT NULL AND (l.columns <> {columns} OR l.digest <> {digest}))
ORDER BY 1
"""

_OTHERS = """
, earliest AS (SELECT id, columns, min(at) AS at FROM entries GROUP BY id, columns)
SELECT id, by, kind FROM entries WHERE by <> ALL({roles}) AND kind <> 'rows_anchored'
UNION ALL
SELECT a.id, a.by, a.kind FROM entries a JOIN earliest f USING (id, columns)
WHERE a.kind = 'rows_anchored' AND (a.by <> {owner} OR f.at < a.at)
ORDER BY 1
"""

# Of two hundred queries for all tables most would be of tables that nothing was ever written to.
_USED = """
SELECT {name} WHERE EXISTS (SELECT FROM {table})
    OR EXISTS (SELECT FROM ledger_event e WHERE starts_with(e.subject, {prefix}))
"""

_OWNER = "SELECT 'role:' || pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s::regclass"


def faults() -> Iterator[Fault]:
    with connection.cursor() as cursor:
        for name, value in row_events.SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    tables = list(row_events.tables())
    used = _used(tables)
    for table in tables:
        if table.name in used:
            yield from _of(table)


def _used(tables: list[row_events.RecordedTable]) -> set[str]:
    """Return the names of those that have a row, or an event that speaks of one."""
    parts = [
        sql.SQL(_USED).format(
            name=sql.Literal(table.name),
            table=sql.Identifier(table.name),
            prefix=sql.Literal(_prefix(table)),
        )
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(None))
        return {str(name) for (name,) in cursor.fetchall()}


def _prefix(table: row_events.RecordedTable) -> str:
    """Return how the subjects of its events begin."""
    return f"{row_events.PREFIX}{table.name}:"


def _of(table: row_events.RecordedTable) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, [table.name])
        owner = cursor.fetchone()[0]
    ours = [f"role:{settings.APPLICATION_ROLE}", *([owner] if table.by_owner else [])]
    parts: dict[str, sql.Composable] = {
        "data": sql.Literal(_DATA),
        "prefix": sql.Literal(_prefix(table)),
        "key": sql.Identifier(table.key),
        "table": sql.Identifier(table.name),
        "columns": sql.Literal(",".join(table.columns)),
        "digest": table.digest("t"),
        "roles": sql.Literal(ours),
        "owner": sql.Literal(owner),
    }
    for id_, what in stream(sql.SQL(_ENTRIES + _LAST).format(**parts).as_string(None)):
        yield Fault(f"{table.name} {id_}", -1, what)
    for id_, by, kind in stream(sql.SQL(_ENTRIES + _OTHERS).format(**parts).as_string(None)):
        done = kind.removeprefix("rows_")
        yield Fault(f"{table.name} {id_}", -1, f"was {done} by {by}, not by the application")
