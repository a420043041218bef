"""Conditions over columns of any row, for finding those who may meet them. Not for judging.

Unlike the facts of a stored case, what stands in a row was not read as typed facts before. So a
value that PostgreSQL cannot take as its type is a *doubt*: whatever rests on it passes, and whoever
is found is judged afterwards. A condition here holds wherever the judge says that it is met, and
perhaps for a few more, because every operator of the language gives with UNKNOWN only what it would
give with any value in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dmn import types as t
from dmn.errors import NOWHERE
from dmn.feel import tree
from dmn.feel.tree import Node, names, walk
from dmn.requirements import Requirement
from dmn.sql.quote import FALSE, NotCompiled, every, no, some
from dmn.sql.scalars import Json, Scope, is_scalar
from dmn.sql.truth import measured, truth
from dmn.types import DATE, NUMBER, Type, base_type


@dataclass(frozen=True, slots=True)
class Column:
    """A fact as SQL over one row. ``value``: of its own type (date, numeric) or text; NULL: none.

    ``null`` and ``unknown`` exclude each other; ``doubt``: something is there that is no such
    value to PostgreSQL.
    """

    type: Type
    value: str
    null: str = FALSE
    unknown: str = FALSE
    doubt: str = FALSE


def date_column(raw: str, *, null: str, kind: Type = DATE) -> Column:
    """A column whose text ``raw`` is a date as the language writes it."""
    fits = f"{raw} LIKE '____-__-__' AND pg_input_is_valid({raw}, 'date')"
    return _cast(raw, fits, "date", null, kind)


def number_column(raw: str, *, null: str, kind: Type = NUMBER) -> Column:
    """A column whose text ``raw`` is a number; one that is not short is a doubt.

    So sums of what is found here are exact, as the language's are (see ``scalars``).
    """
    fits = f"length({raw}) <= 15 AND {raw} ~ '^-?[0-9]+([.][0-9]+)?$'"
    return _cast(raw, fits, "numeric", null, kind)


def text_column(raw: str, *, null: str, kind: Type) -> Column:
    """A column of a text or a truth value, compared as text."""
    return Column(kind, raw, null, every(f"{raw} IS NULL", no(null)))


def _cast(raw: str, fits: str, kind_in_sql: str, null: str, kind: Type) -> Column:
    value = f"(CASE WHEN {fits} THEN ({raw})::{kind_in_sql} END)"
    missing = every(f"{raw} IS NULL", no(null))
    return Column(kind, value, null, missing, f"({raw} IS NOT NULL AND ({fits}) IS NOT TRUE)")


def may_pass(
    requirement: Requirement, columns: Mapping[str, Column], constants: Mapping[str, object]
) -> str:
    """SQL that holds wherever a requirement is met or does not apply.

    Raises ``NotCompiled`` for what names anything but ``columns`` and ``constants``.
    """
    parts = [may_hold(requirement.must, columns, constants)]
    if requirement.applies is not None:
        applies = requirement.applies
        parts.append(_condition(applies, columns, constants, negated=True))
    return some(*parts)


def may_hold(node: Node, columns: Mapping[str, Column], constants: Mapping[str, object]) -> str:
    """SQL that holds wherever a condition does; ``NotCompiled`` as ``may_pass``."""
    return _condition(node, columns, constants, negated=False)


def _condition(
    node: Node,
    columns: Mapping[str, Column],
    constants: Mapping[str, object],
    *,
    negated: bool,
) -> str:
    used = [name for name in names(node) if name not in constants]
    for name in used:
        if name not in columns:
            raise NotCompiled(NOWHERE, f"{name} is no single value of a record")
        if not is_scalar(columns[name].type):
            raise NotCompiled(NOWHERE, f"{name} is a list")
    if any(isinstance(part, tree.Arithmetic) and part.op == "*" for part in walk(node)):
        raise NotCompiled(NOWHERE, "a product may be longer than PostgreSQL's is exact")
    found = truth(node, _scope(columns, constants))
    return some(found.f if negated else found.t, *(columns[name].doubt for name in used))


def _scope(columns: Mapping[str, Column], constants: Mapping[str, object]) -> Scope:
    return Scope(
        "NULL::jsonb",
        {name: one.type for name, one in columns.items()},
        dict(constants),
        extracted={name: _json(one) for name, one in columns.items()},
        called=measured,
    )


def _json(one: Column) -> Json:
    cast = one.value if base_type(one.type) in (NUMBER, DATE) else ""
    return Json("NULL::jsonb", one.type, one.value, one.null, one.unknown, cast)


def column_of(kind: Type, raw: str, *, null: str) -> Column:
    """The column of a fact of any type that is a single value; ``NotCompiled`` for another."""
    match base_type(kind):
        case t.DATE:
            return date_column(raw, null=null, kind=kind)
        case t.NUMBER:
            return number_column(raw, null=null, kind=kind)
        case t.STRING | t.BOOLEAN:
            return text_column(raw, null=null, kind=kind)
    raise NotCompiled(NOWHERE, f"a {kind} is no single value")
