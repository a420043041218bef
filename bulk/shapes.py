"""How objects of a model become the JSON that ``bulk.rows`` writes."""

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from django.db import models


class Shape:
    """How objects of one model become JSON: worked out once, because it runs for every row.

    orjson writes text, numbers, truth values, UUIDs, dates, moments and enumerations by itself,
    and JSON columns nested as they are. What is left: binary as PostgreSQL's hex, decimals as
    text, and moments without a zone, which nobody may write.
    """

    def __init__(self, fields: tuple[models.Field, ...], prefix: str = "") -> None:
        if any(isinstance(f, models.FloatField) for f in fields):
            raise TypeError("bulk.rows writes no floats: use a decimal or an integer")
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
def columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[models.Field, ...]:
    return tuple(cast(models.Field, model._meta.get_field(name)) for name in names)


def column(field: models.Field) -> str:
    return str(field.column)  # every concrete field has one


@lru_cache(maxsize=256)
def shape(model: type[models.Model], names: tuple[str, ...], prefix: str = "") -> Shape:
    return Shape(columns(model, names), prefix)


@lru_cache(maxsize=256)
def names_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(f.name for f in model._meta.concrete_fields if not f.generated)
