"""The verdict over a list of requirements, as SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dmn.requirements import Requirement
from dmn.sql.quote import FALSE, TRUE, every, identifier, no, some
from dmn.sql.scalars import Scope
from dmn.sql.truth import Truth, measured, truth
from dmn.types import Type


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL expressions over one row.

    overall: boolean; true when every requirement is met or does not apply, false when one is
    unmet, NULL when that is unknown. outcome: text; `refer` when anything is unknown or an
    unmet requirement refers, else `return` when one is unmet, else `approve`. results: text by
    requirement id; met, unmet, unknown or not_applicable.
    """

    overall: str
    outcome: str
    results: Mapping[str, str]


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
    passes, unmet, unknown, results = [], {}, [], {}
    for requirement in requirements:
        must = truth(requirement.must, scope)
        applies = Truth(TRUE, FALSE)
        if requirement.applies is not None:
            applies = truth(requirement.applies, scope)
        met = every(applies.t, must.t)
        fails = every(applies.t, no(must.t), no(must.u))
        passes.append(some(applies.f, met))
        unmet[requirement.id] = fails
        unknown.append(every(no(applies.f), no(met), no(fails)))
        results[requirement.id] = (
            f"CASE WHEN {met} THEN 'met' WHEN {applies.f} THEN 'not_applicable'"
            f" WHEN {fails} THEN 'unmet' ELSE 'unknown' END"
        )
    approve = every(*passes)
    refers = [unmet[one.id] for one in requirements if one.unmet == "refer"]
    return Compiled(
        f"CASE WHEN {approve} THEN true WHEN {some(*unmet.values())} THEN false END",
        f"CASE WHEN {approve} THEN 'approve' WHEN {some(*unknown, *refers)} THEN 'refer'"
        " ELSE 'return' END",
        results,
    )
