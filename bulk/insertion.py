"""Inserting rows: of one kind, or of several with a unique key that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, models
from psycopg import sql

from bulk.columns import M, definition, fields_of, identifier, join, names_of, plain, to_json


def insertion(model: type[models.Model], names: tuple[str, ...]) -> sql.Composed:
    """Return the statement that inserts the rows of one JSON parameter."""
    fields = fields_of(model, names)
    return sql.SQL(
        "INSERT INTO {t} ({c}) SELECT {c} FROM json_to_recordset(%s::json) AS r({d})"
    ).format(
        t=sql.Identifier(model._meta.db_table),
        c=join(", ", map(identifier, fields)),
        d=join(", ", map(definition, fields)),
    )


@lru_cache(maxsize=256)
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    return insertion(model, names).as_string(None)


def insert(model: type[M], objects: Sequence[M]) -> int:
    """Insert all ``objects`` in one statement; returns how many. Primary keys are already set.

    Raises ``django.db.IntegrityError`` as any insert does.
    """
    if not objects:
        return 0
    names = names_of(model)
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, names), [to_json(objects, names)])
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL that must be true at the moment of writing, with its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        text = f"({self.text}) AND ({other.text})"
        return Condition(text, self.parameters + other.parameters)


ALWAYS = Condition("true")


def insert_once(
    once: models.Model, *groups: Sequence[models.Model], when: Condition = ALWAYS
) -> bool:
    """Insert ``once`` and all rows of the groups, or nothing where a unique key of it is taken.

    Nor anything unless ``when`` holds.

    Each group holds rows of one model. One statement, and so a transaction by itself: a fifth of
    the round trips of an insert a table between BEGIN and COMMIT. Somebody else's unfinished
    transaction with the same key is waited for. Returns whether all was written.
    """
    filled = [group for group in groups if group]
    kinds = tuple(type(group[0]) for group in filled)
    payloads: list[Any] = [to_json([once], _without_serial(type(once))), *when.parameters]
    payloads += [to_json(group, names_of(type(group[0]))) for group in filled]
    with connection.cursor() as cursor:
        cursor.execute(_once_statement(type(once), kinds, when.text), payloads)
        return bool(cursor.fetchone()[0])


@lru_cache(maxsize=256)
def _without_serial(model: type[models.Model]) -> tuple[str, ...]:
    fields = [model._meta.get_field(name) for name in names_of(model)]
    return tuple(f.name for f in fields if not isinstance(f, models.AutoField))


@lru_cache(maxsize=256)
def _once_statement(
    first: type[models.Model], kinds: tuple[type[models.Model], ...], condition: str
) -> str:
    parts = [
        sql.SQL("once AS ({} WHERE {} ON CONFLICT DO NOTHING RETURNING 1)").format(
            insertion(first, _without_serial(first)), plain(condition)
        )
    ]
    parts += [
        sql.SQL("{} AS ({} WHERE EXISTS (SELECT FROM once))").format(
            sql.Identifier(f"part{n}"), insertion(kind, names_of(kind))
        )
        for n, kind in enumerate(kinds)
    ]
    whole = sql.SQL("WITH {} SELECT count(*) FROM once").format(join(", ", parts))
    return whole.as_string(None)
