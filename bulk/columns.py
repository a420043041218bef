"""The columns of a model: as SQL, and how objects become the JSON that is written to them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar, cast

import orjson
from django.db import connection, models
from psycopg import sql

M = TypeVar("M", bound=models.Model)

# Always true of a place in a list, and to PostgreSQL's planner a promise that it is short. Without
# it the planner expects a hundred rows of any JSON and ten of any array: it reads small tables
# whole, keeps that plan while they grow, or plans the same statement anew each time.
FEW = "BETWEEN 1 AND 1000000"


class Shape:
    """How objects of one model become JSON: worked out once, because it runs for every row.

    orjson writes text, numbers, truth values, UUIDs, dates, moments and enumerations by itself,
    and JSON columns nested as they are. What is left: binary as PostgreSQL's hex, decimals as
    text, and moments without a zone, which nobody may write.
    """

    def __init__(self, fields: tuple[models.Field, ...], prefix: str = "") -> None:
        if any(isinstance(f, models.FloatField) for f in fields):
            raise TypeError("bulk writes no floats: use a decimal or an integer")
        self.columns = tuple(prefix + column(f) for f in fields)
        names = [f.attname for f in fields]
        self.get = attrgetter(*names) if len(names) > 1 else lambda o: (getattr(o, names[0]),)
        self.binary = self._of(fields, models.BinaryField)
        self.decimals = self._of(fields, models.DecimalField)
        self.moments = self._of(fields, models.DateTimeField)

    def _of(self, fields: tuple[models.Field, ...], kind: type[models.Field]) -> tuple[str, ...]:
        found = []
        for name, f in zip(self.columns, fields, strict=True):
            target = f.target_field if isinstance(f, models.ForeignKey) else f
            if isinstance(target, kind):
                found.append(name)
        return tuple(found)

    def row(self, values: Iterable[Any]) -> dict[str, Any]:
        row = dict(zip(self.columns, values, strict=True))
        for name in self.binary:
            if (value := row[name]) is not None:
                row[name] = "\\x" + bytes(value).hex()
        for name in self.decimals:
            if (value := row[name]) is not None:
                row[name] = str(value)
        for name in self.moments:
            if (value := row[name]) is not None and value.tzinfo is None:
                raise ValueError(f"{name}: {value} has no time zone")
        return row


@lru_cache(maxsize=256)
def fields_of(model: type[models.Model], names: tuple[str, ...]) -> tuple[models.Field, ...]:
    return tuple(cast(models.Field, model._meta.get_field(name)) for name in names)


@lru_cache(maxsize=256)
def names_of(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of all columns that are written, not made by PostgreSQL."""
    return tuple(f.name for f in model._meta.concrete_fields if not f.generated)


@lru_cache(maxsize=256)
def shape(model: type[models.Model], names: tuple[str, ...], prefix: str = "") -> Shape:
    return Shape(fields_of(model, names), prefix)


def column(field: models.Field) -> str:
    return str(field.column)  # every concrete field has one


def identifier(field: models.Field, prefix: str = "") -> sql.Identifier:
    return sql.Identifier(prefix + column(field))


def definition(field: models.Field, prefix: str = "") -> sql.Composed:
    """Return the column's name and type, for ``json_to_recordset``."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    kind = target.db_type(connection)
    assert kind is not None
    return sql.SQL("{} {}").format(identifier(field, prefix), plain(kind))


def plain(text: str) -> sql.SQL:
    """Take ``text`` as SQL: ours, never a user's."""
    return sql.SQL(cast(Any, text))


def join(separator: str, parts: Iterable[sql.Composable]) -> sql.Composed:
    return plain(separator).join(cast(Any, list(parts)))


def to_json(objects: Sequence[models.Model], names: tuple[str, ...]) -> str:
    form = shape(type(objects[0]), names)
    get, row = form.get, form.row
    return orjson.dumps([row(get(o)) for o in objects]).decode()
