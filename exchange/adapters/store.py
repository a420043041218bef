"""The city's own store: one statement, whatever the number of subjects and registries."""

import datetime
import time
from typing import Any

import orjson
from django.db import connection

from exchange.wants import Answer, Want

# `= ANY(array)` probes every partition for every key; LATERAL with LIMIT 1 prunes to one.
STATEMENT = """
SELECT r.version, r.data::text
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS w(subject, registry, place)
LEFT JOIN LATERAL (
    SELECT version, data FROM exchange_record
    WHERE subject = w.subject AND registry = w.registry
    LIMIT 1
) AS r ON true
ORDER BY w.place
"""


class Store:
    """Reads ``Record``; a database error is ours and raises."""

    remote = False

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.house = "store"  # all registries of the store are read together

    def read(self, wants: list[Want], *, now: datetime.datetime) -> list[Answer]:
        began = time.perf_counter()
        with connection.cursor() as cursor:
            # text parameters: psycopg dumps a list element by element
            cursor.execute(
                STATEMENT,
                [
                    "{" + ",".join(w.subject for w in wants) + "}",
                    "{" + ",".join(w.registry for w in wants) + "}",
                ],
            )
            rows = cursor.fetchall()
        milliseconds = int((time.perf_counter() - began) * 1000)
        return [
            self._answer(want, row, now, milliseconds)
            for want, row in zip(wants, rows, strict=True)
        ]

    def _answer(
        self,
        want: Want,
        row: tuple[Any, ...],
        now: datetime.datetime,
        milliseconds: int,
    ) -> Answer:
        version, text = row
        if version is None:
            return Answer(want.registry, want.subject, "absent", {}, "", now, "", milliseconds)
        record = orjson.loads(text)
        data = {name: record[name] for name in want.fields if name in record}
        return Answer(
            want.registry,
            want.subject,
            "found",
            data,
            str(version),
            now,
            "",
            milliseconds,
        )
