"""The one way in which rows of history and state are written: set-based.

All rows of a kind go in one statement from one JSON parameter, because that costs a tenth of
``save()`` a row; identifiers are made before, so nothing has to be read back. Values are prepared
by each field's own ``get_db_prep_save``, so a field means here what it means everywhere in Django.
"""

import datetime
import decimal
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.db import connection, models
from psycopg import sql

M = TypeVar("M", bound=models.Model)


class Conflict(Exception):
    """Fewer rows changed than were asked for: somebody else moved them first."""


def _plain(value: Any) -> Any:
    """Turn what psycopg would have adapted into what JSON can carry."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    raise TypeError(f"ledger.rows cannot write a {type(value).__name__}")


def _prepare(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return value  # nested as it is: json_to_recordset hands jsonb through
    if isinstance(field, models.ForeignKey):
        return _plain(value)
    return _plain(field.get_prep_value(value))


@lru_cache(maxsize=256)
def _columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[models.Field, ...]:
    return tuple(model._meta.get_field(name) for name in names)


def _definition(field: models.Field) -> sql.Composable:
    return sql.SQL("{} {}").format(sql.Identifier(field.column), sql.SQL(_type(field)))


def _type(field: models.Field) -> str:
    kind = (field.target_field if isinstance(field, models.ForeignKey) else field).db_type(
        connection
    )
    assert kind is not None
    return kind


@lru_cache(maxsize=256)
def _insert_statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields = _columns(model, names)
    columns = sql.SQL(", ").join(sql.Identifier(f.column) for f in fields)
    return (
        sql.SQL("INSERT INTO {t} ({c}) SELECT {c} FROM json_to_recordset(%s::json) AS r({d})")
        .format(
            t=sql.Identifier(model._meta.db_table),
            c=columns,
            d=sql.SQL(", ").join(_definition(f) for f in fields),
        )
        .as_string(None)
    )


def insert(model: type[M], objects: Sequence[M]) -> int:
    """Insert all ``objects`` in one statement; returns how many. Primary keys are already set.

    Raises ``django.db.IntegrityError`` as any insert does.
    """
    if not objects:
        return 0
    fields = tuple(f for f in model._meta.concrete_fields if not f.generated)
    payload = [{f.column: _prepare(f, getattr(o, f.attname)) for f in fields} for o in objects]
    statement = _insert_statement(model, tuple(f.name for f in fields))
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(payload).decode()])
        return int(cursor.rowcount)


@lru_cache(maxsize=256)
def _update_statement(
    model: type[models.Model], names: tuple[str, ...], guards: tuple[str, ...]
) -> str:
    fields, old = _columns(model, names), _columns(model, guards)
    pk = model._meta.pk
    definitions = [_definition(pk), *(_definition(f) for f in fields)]
    definitions += [
        sql.SQL("{} {}").format(sql.Identifier("old_" + f.column), sql.SQL(_type(f))) for f in old
    ]
    return (
        sql.SQL(
            "UPDATE {t} AS t SET {sets} FROM json_to_recordset(%s::json) AS r({d}) WHERE {where}"
        )
        .format(
            t=sql.Identifier(model._meta.db_table),
            sets=sql.SQL(", ").join(
                sql.SQL("{c} = r.{c}").format(c=sql.Identifier(f.column)) for f in fields
            ),
            d=sql.SQL(", ").join(definitions),
            where=sql.SQL(" AND ").join(
                [sql.SQL("t.{c} = r.{c}").format(c=sql.Identifier(pk.column))]
                + [
                    sql.SQL("t.{c} = r.{o}").format(
                        c=sql.Identifier(f.column), o=sql.Identifier("old_" + f.column)
                    )
                    for f in old
                ]
            ),
        )
        .as_string(None)
    )


def update(
    model: type[M],
    objects: Sequence[M],
    fields: Sequence[str],
    *,
    old: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write the named ``fields`` of all ``objects`` in one statement, if nobody moved them.

    ``old`` maps a field to the value that each row must still have, in the order of ``objects``
    (for instance ``{"state": ["submitted", "submitted"]}``).
    Raises ``Conflict`` unless every row was changed; the caller's transaction must then end.
    """
    if not objects:
        return
    old = old or {}
    columns, guards = _columns(model, tuple(fields)), _columns(model, tuple(old))
    pk = model._meta.pk
    payload = []
    for i, o in enumerate(objects):
        row = {f.column: _prepare(f, getattr(o, f.attname)) for f in columns}
        row[pk.column] = _plain(o.pk)
        row.update({"old_" + f.column: _prepare(f, old[f.name][i]) for f in guards})
        payload.append(row)
    with connection.cursor() as cursor:
        cursor.execute(
            _update_statement(model, tuple(fields), tuple(old)), [orjson.dumps(payload).decode()]
        )
        if cursor.rowcount != len(objects):
            raise Conflict(
                f"{model.__name__}: {cursor.rowcount} of {len(objects)} rows changed; "
                "somebody else moved the others first"
            )
