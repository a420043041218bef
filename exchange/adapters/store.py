"""The city's own store: one statement, whatever the number of subjects and registries."""

import datetime
import time
from typing import Any

import orjson
from django.db import connection

from exchange.queries import Answer, Query

# `= ANY(array)` probes every partition for every key; LATERAL with LIMIT 1 prunes to one.
STATEMENT = """
SELECT r.version, r.data::text, e.entered, e.newest
FROM unnest(%s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS w(subject, registry, "case", place)
LEFT JOIN LATERAL (
    SELECT version, data FROM exchange_record
    WHERE subject = w.subject AND registry = w.registry
    LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
    SELECT array_agg(data ORDER BY id) AS entered, max(id::text) AS newest
    FROM exchange_entry AS e
    WHERE e.subject = w.subject AND e.registry = w.registry AND e.ended_at IS NULL
      AND e."case" <> w."case"
) AS e ON true
ORDER BY w.place
"""


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
        version, text, entered, newest = row
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
            record = with_entries(record, [orjson.loads(data) for data in entered])
        data = {name: record[name] for name in query.fields if name in record}
        return Answer(
            registry=query.registry,
            subject=query.subject,
            outcome="found",
            data=data,
            version=f"{version or 0}+{len(entered)}.{newest[-12:]}" if entered else str(version),
            at=now,
            reason="",
            milliseconds=milliseconds,
        )


def with_entries(record: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the record with what the city entered itself: lists are joined, gaps are filled.

    A value that the registry's keeper delivered is never written over.
    """
    joined = dict(record)
    for entry in entries:
        for field, value in entry.items():
            known = joined.get(field)
            if isinstance(value, list):
                more = known if isinstance(known, list) else []
                joined[field] = more + [item for item in value if item not in more]
            elif field not in joined:
                joined[field] = value
    return joined
