"""The verdict over a list of requirements, as SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dmn.requirements import Requirement
from dmn.sql.quote import FALSE, TRUE, every, identifier, no, some, text
from dmn.sql.scalars import Json, Scope, is_scalar
from dmn.sql.truth import Truth, measured, truth
from dmn.types import DATE, NUMBER, Type, bare


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL expressions over one row of a table with the facts in a column.

    overall: boolean; true when every requirement is met or does not apply, false when one is
    unmet, NULL when that is unknown. outcome: text; `refer` when anything is unknown or an
    unmet requirement refers, else `return` when one is unmet, else `approve`. results: text by
    requirement id; met, unmet, unknown or not_applicable.
    """

    overall: str
    outcome: str
    results: Mapping[str, str]
    _drawn: Drawn

    def select(self, source: str, *keep: str, what: What = "overall") -> str:
        """A whole query for many rows: the columns `keep`, then the verdict named `what`.

        source: what follows FROM, a table with perhaps joins and WHERE. PostgreSQL judges in
        parallel what reads no lists, and the rest in one process; `SET LOCAL
        parallel_tuple_cost = 0` lets its planner see that this is worth it.
        """
        kept = "".join(f"{identifier((name,))}, " for name in keep)
        drawn = self._drawn
        cases = ("SELECT", kept, drawn.facts, drawn.plain[what], "AS dmn_plain FROM", source)
        parts = ("SELECT", kept, drawn.final[what], "AS", what, "FROM (", *cases)
        return " ".join((*parts, "OFFSET 0) AS dmn_cases"))


What = Literal["overall", "outcome"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The parts of `Compiled.select`: the verdict without lists, and with them.

    facts: columns that the second needs, besides the first.
    """

    facts: str
    plain: Mapping[str, str]
    final: Mapping[str, str]


def compile_sql(
    requirements: Sequence[Requirement],
    types: Mapping[str, Type],
    *,
    column: tuple[str, ...] = ("inputs",),
    constants: Mapping[str, object] | None = None,
    open_lists: Collection[str] = (),
) -> Compiled:
    """The verdict on the facts in a JSONB column; NotCompiled(place, reason) where it cannot.

    column: its name, qualified from the left; constants: the parameters' values, which must be
    the same for every row judged; open_lists: lists that may lack elements (`complete: no`).
    The judge is the reference: numbers beyond 17 digits before or after the point in sums and
    products are unknown here.
    """
    scope = Scope(
        identifier(column),
        dict(types),
        dict(constants or {}),
        frozenset(open_lists),
        called=measured,
    )
    found = _Verdict([_compiled(one, scope) for one in requirements])
    return Compiled(
        found.overall(),
        found.outcome(),
        {one.id: one.result() for one in found.parts},
        _drawn(requirements, scope),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One requirement: when it passes, fails, and does not apply."""

    id: str
    refers: bool
    met: str
    void: str
    fails: str

    @property
    def passes(self) -> str:
        return some(self.void, self.met)

    @property
    def unknown(self) -> str:
        return every(no(self.void), no(self.met), no(self.fails))

    def result(self) -> str:
        return (
            f"CASE WHEN {self.met} THEN 'met' WHEN {self.void} THEN 'not_applicable'"
            f" WHEN {self.fails} THEN 'unmet' ELSE 'unknown' END"
        )


def _compiled(requirement: Requirement, scope: Scope) -> _Part:
    must = truth(requirement.must, scope)
    applies = Truth(TRUE, FALSE)
    if requirement.applies is not None:
        applies = truth(requirement.applies, scope)
    return _Part(
        requirement.id,
        requirement.unmet == "refer",
        every(applies.t, must.t),
        applies.f,
        every(applies.t, no(must.t), no(must.u)),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Several requirements together; `plain` is the column with the verdict on the others."""

    parts: Sequence[_Part]
    plain: str = ""

    def overall(self) -> str:
        passes = every(*([self.plain] if self.plain else []), *(one.passes for one in self.parts))
        fails = some(
            *([f"{self.plain} IS FALSE"] if self.plain else []), *(one.fails for one in self.parts)
        )
        return f"CASE WHEN {passes} THEN true WHEN {fails} THEN false END"

    def outcome(self) -> str:
        passes, refers = [one.passes for one in self.parts], [one.unknown for one in self.parts]
        refers += [one.fails for one in self.parts if one.refers]
        if self.plain:
            passes.insert(0, f"{self.plain} = 'approve'")
            refers.insert(0, f"{self.plain} = 'refer'")
        return (
            f"CASE WHEN {every(*passes)} THEN 'approve' WHEN {some(*refers)} THEN 'refer'"
            " ELSE 'return' END"
        )


def _drawn(requirements: Sequence[Requirement], scope: Scope) -> Drawn:
    over_lists = [one for one in requirements if not _plain(one, scope)]
    names = dict.fromkeys(name for one in over_lists for name in one.names() if name in scope.types)
    columns: list[str] = []
    drawn: dict[str, Json] = {}
    for at, name in enumerate(names):
        drawn[name], facts = _column(scope, name, at)
        columns += facts
    plain = _Verdict([_compiled(one, scope) for one in requirements if one not in over_lists])
    rest = [_compiled(one, replace(scope, drawn=drawn)) for one in over_lists]
    final = _Verdict(rest, "dmn_plain")
    return Drawn(
        "".join(f"{column}, " for column in columns),
        {"overall": plain.overall(), "outcome": plain.outcome()},
        {"overall": final.overall(), "outcome": final.outcome()},
    )


def _plain(requirement: Requirement, scope: Scope) -> bool:
    """Whether it reads single values only."""
    return all(is_scalar(scope.types[name]) for name in requirement.names() if name in scope.types)


def _column(scope: Scope, name: str, at: int) -> tuple[Json, list[str]]:
    """A fact as columns of the inner query, and those columns."""
    key, kind = text(name), scope.types[name]
    value, missing = f"dmn_v{at}", f"dmn_m{at}"
    stored = f"({scope.column} -> {key})"
    if not is_scalar(kind):
        found = Json(value, kind, f"{value}::text", f"{value} = 'null'::jsonb", f"{value} IS NULL")
        return found, [f"{stored} AS {value}"]
    cast = {NUMBER: "numeric", DATE: "date"}.get(bare(kind), "text")
    null = f"({value} IS NULL AND NOT {missing})"
    used_cast = "" if cast == "text" else value
    found = Json("NULL::jsonb", kind, value, null, missing, used_cast)
    columns = [f"({scope.column} ->> {key})::{cast} AS {value}", f"{stored} IS NULL AS {missing}"]
    return found, columns
