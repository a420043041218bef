"""Records of any registry into the city's own store, from lines of text. Set-based, by COPY."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db import connection, transaction

from city.model import Registry, RegistryField
from city.values import record_faults
from people import identity

KEY = "key"  # the column that names whom or what a record is about
Row = tuple[str, str, bytes]  # subject, registry, data as JSON


class BadLine(Exception):
    """A line (from 1) that is no record of the registry; nothing is written then."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"line {line}: {zh} / {en}")
        self.line, self.zh, self.en = line, zh, en


def write(rows: Iterable[Row], *, now: datetime.datetime) -> int:
    """Write records by COPY; returns how many are new or changed.

    Safe to repeat: an unchanged record keeps its version, a changed one gets the next.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # a city's population takes longer
        cursor.execute("CREATE TEMPORARY TABLE incoming (subject text, registry text, data jsonb)")
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for subject, registry, data in rows:
                copy.write_row((subject, registry, data.decode()))
        cursor.execute(
            """
            INSERT INTO exchange_record AS r (subject, registry, version, data, updated_at)
            SELECT DISTINCT ON (subject, registry) subject, registry, 1, data, %s FROM incoming
            ON CONFLICT (subject, registry) DO UPDATE
            SET version = r.version + 1, data = EXCLUDED.data, updated_at = EXCLUDED.updated_at
            WHERE r.data <> EXCLUDED.data
            """,
            [now],
        )
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE incoming")
        return written


def json_lines(registry: Registry, text: Iterable[str]) -> Iterator[Row]:
    """Return the records of JSON Lines: an object a line, with ``key`` and the fields.

    Raises ``BadLine``.
    """
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise BadLine(number, "不是有效的 JSON", "not valid JSON") from None
        if not isinstance(record, dict):
            raise BadLine(number, "应为一组键值", "is an object")
        yield _row(registry, number, record)


def comma_separated(registry: Registry, text: Iterable[str]) -> Iterator[Row]:
    """Return the records of a CSV file (RFC 4180), whose first line names ``key`` and the fields.

    ``true`` and ``false`` for booleans, nothing for null, JSON for lists. Raises ``BadLine``.
    """
    reader = csv.DictReader(text, strict=True)
    if KEY not in (reader.fieldnames or ()):
        raise BadLine(1, f"首行缺少 {KEY} 列", f"the first line names no column {KEY}")
    try:
        for line in reader:
            number = reader.line_num
            if None in line or None in line.values():
                raise BadLine(number, "列数与首行不符", "has not as many columns as the first line")
            typed = {
                name: _typed(registry.fields.get(name), value, number)
                for name, value in line.items()
                if name != KEY
            }
            yield _row(registry, number, {KEY: line[KEY], **typed})
    except csv.Error as error:
        raise BadLine(reader.line_num, "不是有效的 CSV", f"not valid CSV: {error}") from error


def _typed(field: RegistryField | None, value: str, number: int) -> Any:
    if field is None:
        return value  # the record's check names the field that is not there
    if field.type == "list":
        try:
            return json.loads(value or "[]")
        except ValueError:
            raise BadLine(
                number, f"{field.name} 应为 JSON 列表", f"{field.name} is a list"
            ) from None
    if field.type == "boolean" and value in ("true", "false"):
        return value == "true"
    return None if value == "" else value


def _row(registry: Registry, number: int, record: dict[str, Any]) -> Row:
    key = record.pop(KEY, None)
    if not isinstance(key, str) or not 1 <= len(key) <= 64:
        raise BadLine(number, f"缺少 {KEY}", f"has no {KEY}")
    if found := record_faults(registry, record):
        raise BadLine(number, *found[0])
    return identity.index(key), registry.code, orjson.dumps(record)


def template(registry: Registry) -> str:
    """Return a CSV file of one record, from the examples of the registry's fields."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([KEY, *registry.fields])
    writer.writerow(["", *(_written(field.example) for field in registry.fields.values())])
    return out.getvalue()


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
