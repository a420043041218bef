"""Updating rows of one kind, on the condition that nobody moved them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, models
from psycopg import sql

from bulk.columns import FEW, M, definition, fields_of, identifier, join, plain, shape


class Conflict(Exception):
    """Fewer rows changed than should have: somebody else moved them first."""


@dataclass(frozen=True, slots=True)
class Change:
    """An update that is ready to be sent: its statement, its one JSON parameter, its rows."""

    statement: str
    payload: str
    name: str
    rows: int


def change(
    model: type[M],
    objects: Sequence[M],
    fields: Sequence[str],
    old: Mapping[str, Sequence[Any]] | None,
) -> Change:
    names, conditions = (model._meta.pk.name, *fields), tuple(old or ())
    form = shape(model, names)
    payload = [form.row(form.get(o)) for o in objects]
    if old:
        before = shape(model, conditions, "old_")
        for row, values in zip(payload, zip(*old.values(), strict=True), strict=True):
            row.update(before.row(values))
    statement = _statement(model, tuple(fields), conditions)
    return Change(statement, orjson.dumps(payload).decode(), model.__name__, len(objects))


def update(
    model: type[M],
    objects: Sequence[M],
    fields: Sequence[str],
    *,
    old: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write the named ``fields`` of all ``objects`` in one statement, if nobody moved them.

    ``old`` maps a field to the value that each row must still have, in the order of ``objects``
    (for instance ``{"state": ["submitted", "submitted"]}``); ``None`` is a value like others.
    Raises ``Conflict`` unless every row was changed; the caller's transaction must then end.
    """
    if not objects:
        return
    wanted = change(model, objects, fields, old)
    with connection.cursor() as cursor:
        cursor.execute(wanted.statement, [wanted.payload])
        if cursor.rowcount != wanted.rows:
            raise Conflict(
                f"{wanted.name}: {cursor.rowcount} of {wanted.rows} rows changed;"
                " somebody else moved the others first"
            )


@lru_cache(maxsize=256)
def _statement(
    model: type[models.Model], names: tuple[str, ...], conditions: tuple[str, ...]
) -> str:
    fields, old = fields_of(model, names), fields_of(model, conditions)
    pk = model._meta.pk
    definitions = [definition(f) for f in (pk, *fields)] + [definition(f, "old_") for f in old]
    sets = [sql.SQL("{c} = r.{c}").format(c=identifier(f)) for f in fields]
    written = [identifier(f) for f in (pk, *fields)] + [identifier(f, "old_") for f in old]
    same = [plain(f"r.place {FEW}"), sql.SQL("t.{c} = r.{c}").format(c=identifier(pk))]
    same += [
        sql.SQL("t.{} IS NOT DISTINCT FROM r.{}").format(identifier(f), identifier(f, "old_"))
        for f in old
    ]
    return (
        sql.SQL(
            "UPDATE {t} AS t SET {sets} FROM ROWS FROM (json_to_recordset(%s::json) AS ({d}))"
            " WITH ORDINALITY AS r({c}, place) WHERE {where}"
        )
        .format(
            t=sql.Identifier(model._meta.db_table),
            sets=join(", ", sets),
            d=join(", ", definitions),
            c=join(", ", written),
            where=join(" AND ", same),
        )
        .as_string(None)
    )
