"""Going through a whole registry of the city's own store: one statement, whatever its size.

What a scan looks for is said in SQL by whoever wants it (``services.scanning``); here it is asked.
Each reading is logged by its own kind of row, as one look-up with a count (``offers.models``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from exchange.adapters.store import with_entries

CHUNK = 2_000  # persons that are read from PostgreSQL at a time
# A join of two registries goes partition by partition, as both are divided by subject; a row costs
# far more to judge than to hand to the leader, which the planner does not know (dmn.sql.SETTINGS).
_SETTINGS = (
    "SET LOCAL statement_timeout = '30min'",
    "SET LOCAL parallel_tuple_cost = 0",
    "SET LOCAL jit = off",
    "SET LOCAL enable_partitionwise_join = on",
    "SET LOCAL enable_partitionwise_aggregate = on",
)


@dataclass(frozen=True, slots=True)
class Source:
    """One registry that a scan reads; in the scan's SQL its record's ``data`` is ``ALIAS.data``.

    ``name``: what whoever scans calls it.
    """

    name: str
    registry: str
    alias: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. ``sources``: the first is gone through, the others are read of ``drawn``.

    ``drawn`` looks at the first alone. Both are SQL conditions of ours, without parameters.
    """

    sources: Sequence[Source]
    drawn: str
    passing: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person's records: name of the source -> (found | absent, data), as the store answers."""

    subject: str
    evidence: Mapping[str, tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Count:
    records: int  # in the registry that is gone through
    drawn: int


def position() -> str:
    """Return PostgreSQL's snapshot, as which the open transaction sees the store."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def count(search: Search) -> Count:
    """Return how many records there are, and how many of them are drawn."""
    first = search.sources[0]
    with connection.cursor() as cursor:
        _prepare(cursor)
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {search.drawn})"  # noqa: S608 - ours
            f" FROM exchange_record AS {first.alias} WHERE {first.alias}.registry = %s",
            [first.registry],
        )
        return Count(*cursor.fetchone())


def find(search: Search) -> Iterator[Person]:
    """Yield all whom ``drawn`` and ``passing`` let through, by subject, inside a transaction.

    Where the city itself has entered something about somebody, SQL does not see all of it: they are
    let through, too, and for the judge to look at.
    """
    entries = _entries([source.registry for source in search.sources])
    first = search.sources[0]
    # the second condition is on the drawn alone: others' records are not looked at
    chosen, more = search.passing, []
    if entries:
        chosen, more = f"({chosen} OR {first.alias}.subject = ANY(%s))", [list(entries)]
    with connection.cursor() as cursor:
        _prepare(cursor)
        # a cursor's plan never runs in parallel, a table's does
        cursor.execute("DROP TABLE IF EXISTS pg_temp.scan_found")
        cursor.execute(
            "CREATE TEMPORARY TABLE scan_found AS"  # noqa: S608 - ours
            f" SELECT {_columns(search)} FROM {_joined(search)}"
            f" WHERE {first.alias}.registry = %s AND {search.drawn} AND {chosen}",
            [first.registry, *more],
        )
    yield from _read("SELECT * FROM scan_found ORDER BY subject", [], search, entries)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE scan_found")


def sample(search: Search, share: float) -> Iterator[Person]:
    """Yield about a ``share`` (0 to 1) of the drawn, at random, whatever ``passing`` says."""
    entries = _entries([source.registry for source in search.sources])
    first = search.sources[0]
    with connection.cursor() as cursor:
        _prepare(cursor)
    statement = (
        f"SELECT {_columns(search)} FROM {_joined(search)}"  # noqa: S608 - ours
        f" WHERE {first.alias}.registry = %s AND random() < %s AND {search.drawn}"
    )
    yield from _read(statement, [first.registry, share], search, entries)


def of(search: Search, subjects: Collection[str]) -> Iterator[Person]:
    """Yield the records of these people, whatever ``drawn`` and ``passing`` say."""
    entries = _entries([source.registry for source in search.sources])
    first = search.sources[0]
    statement = (
        f"SELECT {_columns(search)} FROM {_joined(search)}"  # noqa: S608 - ours
        f" WHERE {first.alias}.registry = %s AND {first.alias}.subject = ANY(%s)"
    )
    yield from _read(statement, [first.registry, list(subjects)], search, entries)


def changed(subjects: Collection[str], registries: Collection[str], since: Any) -> set[str]:
    """Return who of ``subjects`` has a record or an entry there that is newer than ``since``.

    Or none at all any more in the first of ``registries``, which says as much.
    """
    codes = list(registries)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s FROM unnest(%s::text[]) AS s WHERE
                EXISTS (SELECT FROM exchange_record AS r WHERE r.subject = s
                    AND r.registry = ANY(%s) AND r.updated_at > %s)
                OR EXISTS (SELECT FROM exchange_entry AS e WHERE e.subject = s
                    AND e.registry = ANY(%s) AND greatest(e.entered_at, e.ended_at) > %s)
                OR NOT EXISTS (SELECT FROM exchange_record AS r WHERE r.subject = s
                    AND r.registry = %s)
            """,
            [list(subjects), codes, since, codes, since, codes[0]],
        )
        return {row[0] for row in cursor.fetchall()}


def _prepare(cursor: Any) -> None:
    for setting in _SETTINGS:
        cursor.execute(setting)


def _columns(search: Search) -> str:
    data = ", ".join(f"{source.alias}.data AS {source.alias}" for source in search.sources)
    return f"{search.sources[0].alias}.subject AS subject, {data}"


def _joined(search: Search) -> str:
    first, *others = search.sources
    return f"exchange_record AS {first.alias}" + "".join(
        f" LEFT JOIN exchange_record AS {one.alias} ON {one.alias}.subject = {first.alias}.subject"
        f" AND {one.alias}.registry = '{one.registry}'"
        for one in others
    )


def _entries(registries: Sequence[str]) -> dict[str, dict[str, list[Any]]]:
    """Return what the city entered itself: subject -> registry -> (data, replaces),
    in its order."""
    found: dict[str, dict[str, list[Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject, registry, data, replaces FROM exchange_entry"
            " WHERE registry = ANY(%s) AND ended_at IS NULL ORDER BY id",
            [list(registries)],
        )
        for subject, registry, data, replaces in cursor.fetchall():
            own = found.setdefault(subject, {}).setdefault(registry, [])
            own.append((orjson.loads(data), replaces))
    return found


def _read(
    statement: str,
    parameters: Sequence[Any],
    search: Search,
    entries: Mapping[str, Mapping[str, list[Any]]],
) -> Iterator[Person]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(CHUNK):
            for subject, *records in rows:
                own = entries.get(subject, {})
                yield Person(
                    subject,
                    {
                        one.name: _answer(data, own.get(one.registry, []))
                        for one, data in zip(search.sources, records, strict=True)
                    },
                )


def _answer(data: Any, entered: list[Any]) -> tuple[str, Mapping[str, Any]]:
    if data is None and not entered:
        return "absent", {}
    record = orjson.loads(data) if isinstance(data, str) else data or {}
    return "found", with_entries(record, entered) if entered else record
