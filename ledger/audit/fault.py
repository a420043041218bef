"""What an audit finds, and reading rows of which some may hold anything."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models, transaction

M = TypeVar("M", bound=models.Model)
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit. ``subject`` is an event's, or ``tree``; ``seq`` the place."""

    subject: str
    seq: int
    what: str

    def __str__(self) -> str:
        place = f" #{self.seq}" if self.seq >= 0 else ""
        return f"{self.subject}{place}: {self.what}"


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment for all readings, however long they take."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def stream(query: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows of a query through a server-side cursor: memory does not grow with history."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while batch := cursor.fetchmany(2000):
            yield from batch


def chunks(rows: models.QuerySet[M]) -> Iterator[tuple[list[M], list[tuple[Any, str]]]]:
    """Yield the rows in their order, a chunk at a time, and (key, why) of what cannot be read.

    A moment of ``infinity`` or of the year 200000 is a value to PostgreSQL and none to Python:
    one such row must not end an audit.
    """
    keys: list[Any] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(*rows.values_list("pk").query.sql_with_params())
        while batch := cursor.fetchmany(CHUNK):
            keys = [pk for (pk,) in batch]
            yield _some(rows, keys)


def _some(rows: models.QuerySet[M], keys: Sequence[Any]) -> tuple[list[M], list[tuple[Any, str]]]:
    try:
        found = {row.pk: row for row in rows.filter(pk__in=keys)}
    except Exception as error:
        if len(keys) == 1:
            return [], [(keys[0], _reason(error))]
        half = len(keys) // 2
        left, bad = _some(rows, keys[:half])
        right, worse = _some(rows, keys[half:])
        return left + right, bad + worse
    return [found[pk] for pk in keys if pk in found], []


def _reason(error: Exception) -> str:
    return f"cannot be read: {type(error).__name__}: {str(error)[:200]}"


def attempt(check: Any, *arguments: Any) -> str:
    """Return what ``check`` finds wrong (a text, or empty), or why it could not tell."""
    try:
        return str(check(*arguments) or "")
    except Exception as error:
        return _reason(error)
