"""Writing many tables in one statement: a batch is filled, handed on by argument, and written.

A batch of cases writes to a dozen tables, and each statement costs a round trip that all its cases
wait for. What may be written in a batch or at once takes a ``Writer``; the caller decides which.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from django.db import DatabaseError, connection, models, transaction
from psycopg import sql

from bulk.columns import M, join, names_of, plain, to_json
from bulk.guards import CHANGED_MEANWHILE
from bulk.insertion import insert, insertion
from bulk.updates import Change, Conflict, change, update


class Writer(Protocol):
    """Writes rows: ``IMMEDIATE`` in a statement each, a ``Batch`` in one statement at its end."""

    def insert(self, model: type[M], objects: Sequence[M]) -> int:
        """As ``bulk.insert``."""

    def update(
        self,
        model: type[M],
        objects: Sequence[M],
        fields: Sequence[str],
        *,
        old: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        """As ``bulk.update``."""

    def on_commit(self, do: Callable[[], object]) -> None:
        """Call ``do`` when what is written here is committed; if it is not, never."""


class Immediate:
    """Writes at once."""

    def insert(self, model: type[M], objects: Sequence[M]) -> int:
        return insert(model, objects)

    def update(
        self,
        model: type[M],
        objects: Sequence[M],
        fields: Sequence[str],
        *,
        old: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        update(model, objects, fields, old=old)

    def on_commit(self, do: Callable[[], object]) -> None:
        transaction.on_commit(do)


IMMEDIATE = Immediate()


class Batch:
    """Gathers rows, and writes them all in one statement.

    Nothing gathered can be read before ``write``; a row goes in once, inserted or updated.
    Foreign keys are deferred. Outside a transaction that one statement is one by itself: all of
    it is written or, for instance with a ``Conflict``, nothing.
    """

    def __init__(self) -> None:
        self._inserts: dict[type[models.Model], list[Any]] = {}
        self._changes: dict[type[models.Model], Change] = {}
        self._after: list[Callable[[], object]] = []

    def insert(self, model: type[M], objects: Sequence[M]) -> int:
        if objects:
            self._inserts.setdefault(model, []).extend(objects)
        return len(objects)

    def update(
        self,
        model: type[M],
        objects: Sequence[M],
        fields: Sequence[str],
        *,
        old: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        """Raises ``TypeError`` for a second update of a model: PostgreSQL would do one of them."""
        if not objects:
            return
        if model in self._changes:
            raise TypeError(
                f"one update of {model.__name__} a batch: a statement changes a row once"
            )
        self._changes[model] = change(model, objects, fields, old)

    def on_commit(self, do: Callable[[], object]) -> None:
        self._after.append(do)

    def write(self) -> None:
        """Write everything, once; raises ``Conflict`` and whatever an insert raises."""
        if self._inserts or self._changes:
            _write(self._inserts, list(self._changes.values()))
        for do in self._after:
            if connection.in_atomic_block:
                transaction.on_commit(do)
            else:
                do()


def _write(inserts: Mapping[type[models.Model], list[Any]], changes: Sequence[Change]) -> None:
    statement = _statement(tuple(inserts), tuple(c.statement for c in changes))
    values: list[Any] = [to_json(objects, names_of(m)) for m, objects in inserts.items()]
    values += [c.payload for c in changes]
    for c in changes:
        values += c.name, c.rows
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, values)
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") == CHANGED_MEANWHILE:
                raise Conflict(str(error).splitlines()[0]) from error
            raise


@lru_cache(maxsize=256)
def _statement(models_: tuple[type[models.Model], ...], changes: tuple[str, ...]) -> str:
    parts = [
        sql.SQL("{} AS ({})").format(sql.Identifier(f"part{n}"), insertion(model, names_of(model)))
        for n, model in enumerate(models_)
    ]
    parts += [
        sql.SQL("{} AS ({} RETURNING 1)").format(sql.Identifier(f"change{n}"), plain(statement))
        for n, statement in enumerate(changes)
    ]
    checks = [
        sql.SQL("bulk_all_changed(%s, (SELECT count(*) FROM {}), %s)").format(
            sql.Identifier(f"change{n}")
        )
        for n in range(len(changes))
    ]
    result = join(", ", checks) if checks else sql.SQL("1")
    return sql.SQL("WITH {} SELECT {}").format(join(", ", parts), result).as_string(None)
