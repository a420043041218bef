"""The one way in which rows of history and state are written: set-based.

All rows of a kind go in one statement from one JSON parameter, because that costs a tenth of
``save()`` a row; identifiers are made before, so nothing has to be read back. PostgreSQL turns the
JSON into the columns' own types, with their lengths and constraints, and refuses what does not fit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, cast

import orjson
from django.db import DatabaseError, connection, models, transaction
from django.db.models.base import ModelState
from psycopg import sql

from bulk import shapes

M = TypeVar("M", bound=models.Model)

# Always true of a place in a list, and to PostgreSQL's planner a promise that it is short. Without
# it the planner expects a hundred rows of any JSON and ten of any array: it reads small tables
# whole, keeps that plan while they grow, or plans the same statement anew each time.
FEW = "BETWEEN 1 AND 1000000"


MOVED = "MP001"  # SQLSTATE of ledger_all_changed: see ledger.guards


class Conflict(Exception):
    """Fewer rows changed than were asked for: somebody else moved them first."""


@lru_cache(maxsize=256)
def _defaults(
    model: type[models.Model],
) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    fields = model._meta.concrete_fields
    calls = [f for f in fields if f.has_default() and callable(f.default)]
    made = tuple((f.attname, f.default) for f in calls)
    return {f.attname: None if f in calls else f.get_default() for f in fields}, made


def new(model: type[M], **values: Any) -> M:
    """Make an unsaved object as ``model(**values)`` does, in a fifth of the time.

    For machine verbs, which make a dozen objects a case. Names are those of columns
    (``application_id=``, not ``application=``); raises ``TypeError`` for any other.
    """
    plain, made = _defaults(model)
    state = plain | values
    if len(state) != len(plain):
        raise TypeError(f"{model.__name__} has no {sorted(values.keys() - plain.keys())}")
    for name, make in made:
        if name not in values:
            state[name] = make()
    state["_state"] = ModelState()
    o = model.__new__(model)
    o.__dict__ = state
    return o


def _name(field: models.Field, prefix: str = "") -> sql.Identifier:
    return sql.Identifier(prefix + shapes.column(field))


def _definition(field: models.Field, prefix: str = "") -> sql.Composed:
    return sql.SQL("{} {}").format(_name(field, prefix), sql.SQL(cast(Any, _type(field))))


def _join(separator: str, parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(cast(Any, separator)).join(cast(Any, list(parts)))


def _type(field: models.Field) -> str:
    kind = (field.target_field if isinstance(field, models.ForeignKey) else field).db_type(
        connection
    )
    assert kind is not None
    return kind


def _inserting(model: type[models.Model], names: tuple[str, ...]) -> sql.Composed:
    fields = shapes.columns(model, names)
    return sql.SQL(
        "INSERT INTO {t} ({c}) SELECT {c} FROM json_to_recordset(%s::json) AS r({d})"
    ).format(
        t=sql.Identifier(model._meta.db_table),
        c=_join(", ", map(_name, fields)),
        d=_join(", ", map(_definition, fields)),
    )


@lru_cache(maxsize=256)
def _insert_statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    return _inserting(model, names).as_string(None)


def _payload(objects: Sequence[models.Model], names: tuple[str, ...]) -> str:
    shape = shapes.shape(type(objects[0]), names)
    get, row = shape.get, shape.row
    return orjson.dumps([row(get(o)) for o in objects]).decode()


def insert(model: type[M], objects: Sequence[M]) -> int:
    """Insert all ``objects`` in one statement; returns how many. Primary keys are already set.

    Raises ``django.db.IntegrityError`` as any insert does; within ``together`` at its end.
    """
    if not objects:
        return 0
    gathered = _gathered.get()
    if gathered is not None:
        gathered.inserts.setdefault(model, []).extend(objects)
        return len(objects)
    names = shapes.names_of(model)
    with connection.cursor() as cursor:
        cursor.execute(_insert_statement(model, names), [_payload(objects, names)])
        return int(cursor.rowcount)


@dataclass(slots=True)
class _Gathered:
    inserts: dict[type[models.Model], list[Any]] = field(default_factory=dict)
    updates: list[tuple[str, str, str, int]] = field(default_factory=list)
    after: list[Callable[[], object]] = field(default_factory=list)

    def write(self) -> None:
        statement = _together_statement(tuple(self.inserts), tuple(u[0] for u in self.updates))
        values: list[Any] = [
            _payload(objects, shapes.names_of(model)) for model, objects in self.inserts.items()
        ]
        values += [text for _, text, _, _ in self.updates]
        for _, _, name, wanted in self.updates:
            values += name, wanted
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement, values)
            except DatabaseError as error:
                if getattr(error.__cause__, "sqlstate", "") == MOVED:
                    raise Conflict(str(error).splitlines()[0]) from error
                raise


_gathered: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Gather what is inserted in this block, and write it at its end in one statement.

    A batch writes to a dozen tables, and each statement costs a round trip that all its cases
    wait for. Nothing gathered can be read or updated within the block; foreign keys are deferred.
    Outside a transaction that one statement is one by itself: all of it is written or, for
    instance with a ``Conflict``, nothing.
    """
    gathered = _Gathered()
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    if gathered.inserts or gathered.updates:
        gathered.write()
    for do in gathered.after:
        do()


def when_written(do: Callable[[], object]) -> None:
    """Call ``do`` when what is written here is committed; if it is not, never."""
    gathered = _gathered.get()
    if gathered is None or connection.in_atomic_block:
        transaction.on_commit(do)
    else:
        gathered.after.append(do)


@lru_cache(maxsize=256)
def _together_statement(kinds: tuple[type[models.Model], ...], updates: tuple[str, ...]) -> str:
    parts = [
        sql.SQL("{} AS ({})").format(
            sql.Identifier(f"part{n}"), _inserting(kind, shapes.names_of(kind))
        )
        for n, kind in enumerate(kinds)
    ]
    parts += [
        sql.SQL("{} AS ({} RETURNING 1)").format(
            sql.Identifier(f"change{n}"), sql.SQL(cast(Any, update))
        )
        for n, update in enumerate(updates)
    ]
    checks = [
        sql.SQL("ledger_all_changed(%s, (SELECT count(*) FROM {}), %s)").format(
            sql.Identifier(f"change{n}")
        )
        for n in range(len(updates))
    ]
    asked = _join(", ", checks) if checks else sql.SQL("1")
    return sql.SQL("WITH {} SELECT {}").format(_join(", ", parts), asked).as_string(None)


@lru_cache(maxsize=256)
def _unnumbered(model: type[models.Model]) -> tuple[str, ...]:
    fields = [model._meta.get_field(name) for name in shapes.names_of(model)]
    return tuple(f.name for f in fields if not isinstance(f, models.AutoField))


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL that must be true at the moment of writing, with its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        text = f"({self.text}) AND ({other.text})"
        return Condition(text, self.parameters + other.parameters)


ALWAYS = Condition("true")


@lru_cache(maxsize=256)
def _once_statement(
    first: type[models.Model], kinds: tuple[type[models.Model], ...], condition: str
) -> str:
    parts = [
        sql.SQL("once AS ({} WHERE {} ON CONFLICT DO NOTHING RETURNING 1)").format(
            _inserting(first, _unnumbered(first)), sql.SQL(cast(Any, condition))
        )
    ]
    parts += [
        sql.SQL("{} AS ({} WHERE EXISTS (SELECT FROM once))").format(
            sql.Identifier(f"part{n}"), _inserting(kind, shapes.names_of(kind))
        )
        for n, kind in enumerate(kinds)
    ]
    whole = sql.SQL("WITH {} SELECT count(*) FROM once").format(_join(", ", parts))
    return whole.as_string(None)


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
    payloads: list[Any] = [_payload([once], _unnumbered(type(once))), *when.parameters]
    payloads += [_payload(group, shapes.names_of(type(group[0]))) for group in filled]
    with connection.cursor() as cursor:
        cursor.execute(_once_statement(type(once), kinds, when.text), payloads)
        return bool(cursor.fetchone()[0])


@lru_cache(maxsize=256)
def _reading(
    model: type[models.Model], statement: str
) -> tuple[str, tuple[str, ...], frozenset[str]]:
    fields = shapes.columns(model, shapes.names_of(model))
    columns = _join(", ", (sql.SQL("t.{}").format(_name(f)) for f in fields)).as_string(None)
    nested = frozenset(f.attname for f in fields if isinstance(f, models.JSONField))
    names = tuple(f.attname for f in fields)
    return statement.replace("{columns}", columns).replace("{few}", FEW), names, nested


def read(
    model: type[M], statement: str, parameters: Sequence[Any], *, also: Sequence[str] = ()
) -> list[M]:
    """Return the rows of a statement as objects with all their columns.

    For the few questions that every request and every batch asks: composing them anew by the ORM
    costs more than PostgreSQL's part. ``statement`` says ``{columns}`` where the columns of the
    model's table, called ``t``, belong, and may say ``place {few}`` of a list's places; ``also``
    names the attributes for what follows them.
    """
    text, names, nested = _reading(model, statement)
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        found = cursor.fetchall()
    return [_loaded(model, zip((*names, *also), row, strict=True), nested) for row in found]


def _loaded(model: type[M], values: Iterable[tuple[str, Any]], nested: frozenset[str]) -> M:
    state = dict(values)
    for name in nested:
        if (text := state[name]) is not None:
            state[name] = orjson.loads(text)
    state["_state"] = loaded = ModelState()
    loaded.adding, loaded.db = False, connection.alias
    o = model.__new__(model)
    o.__dict__ = state
    return o


@lru_cache(maxsize=256)
def _update_statement(
    model: type[models.Model], names: tuple[str, ...], guards: tuple[str, ...]
) -> str:
    fields, old = shapes.columns(model, names), shapes.columns(model, guards)
    pk = model._meta.pk
    definitions = [_definition(f) for f in (pk, *fields)] + [_definition(f, "old_") for f in old]
    sets = [sql.SQL("{c} = r.{c}").format(c=_name(f)) for f in fields]
    written = [_name(f) for f in (pk, *fields)] + [_name(f, "old_") for f in old]
    same = [sql.SQL(cast(Any, f"r.place {FEW}")), sql.SQL("t.{c} = r.{c}").format(c=_name(pk))]
    same += [
        sql.SQL("t.{} IS NOT DISTINCT FROM r.{}").format(_name(f), _name(f, "old_")) for f in old
    ]
    return (
        sql.SQL(
            "UPDATE {t} AS t SET {sets} FROM ROWS FROM (json_to_recordset(%s::json) AS ({d}))"
            " WITH ORDINALITY AS r({c}, place) WHERE {where}"
        )
        .format(
            t=sql.Identifier(model._meta.db_table),
            sets=_join(", ", sets),
            d=_join(", ", definitions),
            c=_join(", ", written),
            where=_join(" AND ", same),
        )
        .as_string(None)
    )


def update(
    model: type[M],
    objects: Sequence[M],
    fields: Sequence[str],
    *,
    old: Mapping[str, Sequence[Any]] | None = None,
    last: bool = False,
) -> None:
    """Write the named ``fields`` of all ``objects`` in one statement, if nobody moved them.

    ``old`` maps a field to the value that each row must still have, in the order of ``objects``
    (for instance ``{"state": ["submitted", "submitted"]}``); ``None`` is a value like others.
    Raises ``Conflict`` unless every row was changed; the caller's transaction must then end.
    ``last``: nothing else in a ``together`` block touches these rows, so it may join them.
    """
    if not objects:
        return
    old = old or {}
    names, guards = (model._meta.pk.name, *fields), tuple(old)
    shape = shapes.shape(model, names)
    payload = [shape.row(shape.get(o)) for o in objects]
    if guards:
        before = shapes.shape(model, guards, "old_")
        for row, values in zip(payload, zip(*old.values(), strict=True), strict=True):
            row.update(before.row(values))
    statement = _update_statement(model, tuple(fields), guards)
    text, gathered = orjson.dumps(payload).decode(), _gathered.get()
    if last and gathered is not None:
        gathered.updates.append((statement, text, model.__name__, len(objects)))
        return
    if gathered is not None and not connection.in_atomic_block:
        raise TypeError("a block outside a transaction is one statement: only a last update joins")
    with connection.cursor() as cursor:
        cursor.execute(statement, [text])
        _all_changed(model.__name__, cursor.rowcount, len(objects))


def _all_changed(name: str, changed: int, wanted: int) -> None:
    if changed != wanted:
        raise Conflict(
            f"{name}: {changed} of {wanted} rows changed; somebody else moved the others first"
        )
