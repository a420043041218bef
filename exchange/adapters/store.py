"""The city's own store: one statement, whatever the number of subjects and registries."""

import datetime
import time
from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

from exchange.queries import Answer, Query

ALL = "yes"  # of ``Entry.replaces``: lists whole
# `= ANY(array)` probes every partition for every key; LATERAL with LIMIT 1 prunes to one.
STATEMENT = """
SELECT r.version, r.data::text, e.entered, e.newest, e.replaces
FROM unnest(%s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS w(subject, registry, "case", place)
LEFT JOIN LATERAL (
    SELECT version, data FROM exchange_record
    WHERE subject = w.subject AND registry = w.registry
    LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
    SELECT array_agg(data ORDER BY id) AS entered, max(id::text) AS newest,
        CASE WHEN bool_or(replaces <> '') THEN array_agg(replaces ORDER BY id) END AS replaces
    FROM exchange_entry AS e
    WHERE e.subject = w.subject AND e.registry = w.registry AND e.ended_at IS NULL
      AND e."case" <> w."case"
) AS e ON true
ORDER BY w.place
"""

# as STATEMENT, of one registry and without what the records say
VERSIONS = """
SELECT r.version, e.entered, e.newest FROM unnest(%s::text[]) WITH ORDINALITY AS w(subject, place)
LEFT JOIN LATERAL (
    SELECT version FROM exchange_record WHERE subject = w.subject AND registry = %s LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS entered, max(id::text) AS newest FROM exchange_entry AS e
    WHERE e.subject = w.subject AND e.registry = %s AND e.ended_at IS NULL
) AS e ON true
ORDER BY w.place
"""


def versions(registry: str, subjects: Sequence[str]) -> list[str]:
    """Return the versions of records as answers have them, in order; empty for an absent one."""
    with connection.cursor() as cursor:
        listed = "{" + ",".join(subjects) + "}"
        cursor.execute(VERSIONS, [listed, registry, registry])
        return [_version(*row) for row in cursor.fetchall()]


def _version(version: int | None, entered: int, newest: str | None) -> str:
    if newest:
        return f"{version or 0}+{entered}.{newest[-12:]}"
    return "" if version is None else str(version)


class Store:
    """Reads ``Record``; a database error is ours and raises."""

    remote = False

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.group = "store"  # all registries of the store are read together

    def read(
        self, queries: list[Query], *, now: datetime.datetime, seconds: float | None = None
    ) -> list[Answer]:
        began = time.perf_counter()
        with connection.cursor() as cursor:
            # text parameters: psycopg dumps a list element by element
            cursor.execute(
                STATEMENT,
                [
                    "{" + ",".join(q.subject for q in queries) + "}",
                    "{" + ",".join(q.registry for q in queries) + "}",
                    "{" + ",".join(f'"{q.case}"' for q in queries) + "}",
                ],
            )
            rows = cursor.fetchall()
        milliseconds = int((time.perf_counter() - began) * 1000)
        return [
            self._answer(query, row, now, milliseconds)
            for query, row in zip(queries, rows, strict=True)
        ]

    def _answer(
        self,
        query: Query,
        row: tuple[Any, ...],
        now: datetime.datetime,
        milliseconds: int,
    ) -> Answer:
        version, text, entered, newest, replaces = row
        if version is None and not entered:
            return Answer(
                registry=query.registry,
                subject=query.subject,
                outcome="absent",
                data={},
                version="",
                at=now,
                reason="",
                milliseconds=milliseconds,
            )
        record = orjson.loads(text) if version is not None else {}
        if entered:
            loaded = map(orjson.loads, entered)
            how = replaces or [""] * len(entered)
            record = with_entries(record, list(zip(loaded, how, strict=True)))
        data = {name: record[name] for name in query.fields if name in record}
        return Answer(
            registry=query.registry,
            subject=query.subject,
            outcome="found",
            data=data,
            version=_version(version, len(entered or ()), newest),
            at=now,
            reason="",
            milliseconds=milliseconds,
        )


def with_entries(
    record: dict[str, Any], entries: Sequence[tuple[dict[str, Any], str]]
) -> dict[str, Any]:
    """Return the record with what the city entered itself, oldest first: (data, replaces).

    Lists are joined and gaps are filled; a value that the registry's keeper delivered is never
    written over, but by an entry that replaces it, as a change does.
    """
    joined = dict(record)
    for entry, field_of_same in entries:
        for field, value in entry.items():
            known = joined.get(field)
            if isinstance(value, list):
                more = known if isinstance(known, list) else []
                joined[field] = _joined(more, value, field_of_same)
            elif field_of_same or field not in joined:
                joined[field] = value
    return joined


def _joined(known: list[Any], entered: list[Any], field_of_same: str) -> list[Any]:
    """Return a list with what is entered in it, records of the same value replaced."""
    if field_of_same == ALL:
        return entered
    if field_of_same:
        values = {i.get(field_of_same) for i in entered if isinstance(i, dict)}
        known = [i for i in known if not (isinstance(i, dict) and i.get(field_of_same) in values)]
    return known + [item for item in entered if item not in known]
