"""What the registries of the running city say, and how to make them say something else.

What stands in the city's own store is written there. What other agencies answer is planted with
their server (``demo.registry.planted``); what the city issued itself is never planted.
"""

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from benchmarks.oracles.case import Absent, Record
from demo.city import City
from demo.registry.server import SERVED as OF_AGENCIES
from exchange import records

CERTIFICATES = "certificates"
WHOLE = "yes"  # of an entry: lists are replaced whole
FOUND, ABSENT, SILENT, LATE = "found", "absent", "silent", "late"


@dataclass(frozen=True, slots=True)
class Planted:
    """What a registry is to say of a subject: found, absent, silent, or late (found, but late)."""

    registry: str
    number: str
    subject: str  # by index
    outcome: str
    data: Mapping[str, Any] | None = None


class Registries:
    """The registries of one running city. ``record`` answers what they would answer now."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._file = Path(os.environ["KEYS_DIR"]).parent / "planted.jsonl"  # deploy.local.stack
        self._with_agencies: dict[tuple[str, str], Planted] = {}

    def record(self, registry: str, number: str, subject: str) -> Record | None:
        """Return a raw record, by index in the city's own store; None: no answer."""
        if registry == CERTIFICATES:
            return _held(subject)
        if registry not in OF_AGENCIES:
            return _stored(registry, subject)
        planted = self._with_agencies.get((registry, number))
        if planted is not None:
            return _read(planted.outcome, planted.data)
        person = self.city.person_of(number)
        if person is not None and registry in self.city.person(person).silent:
            return None
        found = self.city.record(registry, number)
        return Absent() if found is None else Record(found)

    def plant(self, every: Iterable[Planted], now: datetime.datetime) -> None:
        """Make registries say what is planted; what they say already is left as it is."""
        stored, gone = [], []
        for one in every:
            if one.registry in OF_AGENCIES:
                self._with_agencies[one.registry, one.number] = one
            elif one.outcome == ABSENT:
                gone.append((one.subject, one.registry))
            else:
                stored.append((one.subject, one.registry, orjson.dumps(one.data)))
        records.write(stored, now=now)
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM exchange_record WHERE subject = %s AND registry = %s", gone
            )
        lines = [
            orjson.dumps(
                {"registry": p.registry, "number": p.number, "outcome": p.outcome, "data": p.data}
            )
            for p in self._with_agencies.values()
        ]
        unfinished = self._file.with_suffix(".new")
        unfinished.write_bytes(b"\n".join(lines))
        unfinished.replace(self._file)  # in one piece: the server may read it at any moment


def _read(outcome: str, data: Mapping[str, Any] | None) -> Record | None:
    if outcome == SILENT:
        return None
    return Absent() if outcome == ABSENT or data is None else Record(data)


def _stored(registry: str, subject: str) -> Record:
    """Return a record of the store with what the city entered beside it.

    Lists are joined, gaps are filled; what an entry replaces is gone (``exchange.models.Entry``).
    """
    with connection.cursor() as cursor:
        key = [subject, registry]
        cursor.execute(
            "SELECT data::text FROM exchange_record WHERE subject = %s AND registry = %s", key
        )
        row = cursor.fetchone()
        cursor.execute(
            "SELECT data, replaces FROM exchange_entry WHERE subject = %s AND registry = %s"
            " AND ended_at IS NULL ORDER BY id",
            key,
        )
        entries = [(orjson.loads(text), replaces) for text, replaces in cursor.fetchall()]
    if row is None and not entries:
        return Absent()
    found = Record(orjson.loads(row[0]) if row else {})
    for entry, same in entries:
        for name, value in entry.items():
            if isinstance(value, list):
                gone = [one.get(same) for one in value if isinstance(one, dict)] if same else []
                before = () if same == WHOLE else found.get(name) or ()
                kept = [r for r in before if not (same and isinstance(r, dict) and r[same] in gone)]
                found[name] = [*kept, *value]
            elif same or found.get(name) is None:
                found[name] = value
    return found


def _held(subject: str) -> Record:
    """Return the certificates that a person holds or held, as the city's tables have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.kind, c.number, c.identifier, c.state, c.expires_on::text,
                (SELECT e.until::text FROM certificates_endorsement e
                 WHERE e.certificate_id = c.id AND e.is_current)
            FROM certificates_certificate c WHERE c.holder = %s ORDER BY c.issued_at, c.id
            """,
            [subject],
        )
        names = ("kind", "number", "identifier", "state", "expires", "endorsed")
        held = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Record(held=held) if held else Absent()
