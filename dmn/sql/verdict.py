"""The verdict over a list of requirements, as SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dmn.requirements import Requirement
from dmn.sql.quote import FALSE, TRUE, every, identifier, no, some, text
from dmn.sql.scalars import Json, Scope, is_scalar
from dmn.sql.truth import Truth, measured, truth
from dmn.types import DATE, NUMBER, Type, base_type

# What a transaction that judges many cases says first, and under which it was measured. A row
# costs far more to judge than to hand to the leader, which the planner does not know.
SETTINGS = ("SET LOCAL parallel_tuple_cost = 0", "SET LOCAL jit = off")
INPUTS = "dmn_inputs"
GRAVITY = ("approve", "return", "refer")  # outcomes, the gravest last
_CAST = {NUMBER: "numeric", DATE: "date"}


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
    _extraction: Extraction

    def select(self, source: str, *keep: str, what: What = "overall") -> str:
        """A whole query for many rows: the columns `keep`, then the verdict named `what`.

        source: what follows FROM, a table with perhaps joins and WHERE. Run it after SETTINGS,
        in the same transaction, and count in SQL: a million rows fetched cost more than judged.
        """
        kept = "".join(f"{identifier((name,))}, " for name in keep)
        extracted = self._extraction
        # Nothing comes from the second part. It keeps the planner from putting each extraction
        # back wherever its value is used and, unlike OFFSET 0, lets workers judge.
        none = ["NULL, " * len(keep), extracted.nothing, "WHERE false"]
        facts = " ".join(
            ["SELECT", kept, extracted.facts, "FROM", source, "UNION ALL SELECT", *none],
        )
        judged = ["FROM (", facts, ") AS dmn_facts"]
        if not extracted.final:
            return " ".join(["SELECT", kept, extracted.plain[what], "AS", what, *judged])
        # A correlated subquery, as a list needs, never runs in a worker: OFFSET 0 keeps the
        # planner from merging it with what does.
        plain = ["SELECT", kept, extracted.passed, extracted.plain[what], "AS dmn_plain", *judged]
        parts = ["SELECT", kept, extracted.final[what], "AS", what, "FROM (", *plain]
        return " ".join([*parts, "OFFSET 0) AS dmn_cases"])


What = Literal["overall", "outcome"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The parts of `Compiled.select`: every fact taken out of its JSON once; the verdict
    without lists; the verdict with them.

    nothing: as many NULLs as `facts`; passed: facts that the last part needs besides `plain`;
    final: empty when no requirement reads a list.
    """

    facts: str
    nothing: str
    passed: str
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
    found = SqlVerdict([compiled(one, scope) for one in requirements])
    return Compiled(
        found.overall(),
        found.outcome(),
        {one.id: one.result() for one in found.parts},
        _extraction(requirements, scope),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One requirement: when it passes, fails, and does not apply."""

    id: str
    refers: bool
    met: str
    not_applicable: str
    fails: str

    @property
    def passes(self) -> str:
        return some(self.not_applicable, self.met)

    @property
    def unknown(self) -> str:
        return every(no(self.not_applicable), no(self.met), no(self.fails))

    def result(self) -> str:
        return (
            f"CASE WHEN {self.met} THEN 'met' WHEN {self.not_applicable} THEN 'not_applicable'"
            f" WHEN {self.fails} THEN 'unmet' ELSE 'unknown' END"
        )


def compiled(requirement: Requirement, scope: Scope) -> _Part:
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
class SqlVerdict:
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

    def gravity(self) -> str:
        """The place of the outcome in `GRAVITY`."""
        passes, refers = [one.passes for one in self.parts], [one.unknown for one in self.parts]
        refers += [one.fails for one in self.parts if one.refers]
        return f"CASE WHEN {every(*passes)} THEN 0 WHEN {some(*refers)} THEN 2 ELSE 1 END"


def _extraction(requirements: Sequence[Requirement], scope: Scope) -> Extraction:
    used = dict.fromkeys(name for one in requirements for name in one.names())
    places = {name: at for at, name in enumerate(name for name in used if name in scope.types)}
    facts = [f"{scope.column} AS {INPUTS}"]
    facts += [f"{taken(scope, name)} AS dmn_v{at}" for name, at in places.items()]
    early = {name: extracted(scope, name, at, missing(name, at)) for name, at in places.items()}
    late = {name: extracted(scope, name, at, f"dmn_m{at}") for name, at in places.items()}
    over_lists = [one for one in requirements if not is_plain(one, scope)]
    others = [one for one in requirements if one not in over_lists]
    passed = dict.fromkeys(n for one in over_lists for n in one.names() if n in places)
    plain = SqlVerdict([compiled(one, replace(scope, extracted=early)) for one in others])
    rest = [compiled(one, replace(scope, extracted=late)) for one in over_lists]
    final = SqlVerdict(rest, "dmn_plain")
    return Extraction(
        ", ".join(facts),
        ", ".join(["NULL"] * len(facts)),
        "".join(
            f"dmn_v{at}, {missing(name, at)} AS dmn_m{at}, "
            for name, at in places.items()
            if name in passed
        ),
        {"overall": plain.overall(), "outcome": plain.outcome()},
        {"overall": final.overall(), "outcome": final.outcome()} if rest else {},
    )


def is_plain(requirement: Requirement, scope: Scope) -> bool:
    """Whether it reads single values only."""
    return all(is_scalar(scope.types[name]) for name in requirement.names() if name in scope.types)


def taken(scope: Scope, name: str) -> str:
    """A fact taken out of its JSON, as the type in which it is compared."""
    kind = scope.types[name]
    if not is_scalar(kind):
        return f"({scope.column} -> {text(name)})"
    cast = _CAST.get(base_type(kind))
    return f"({scope.column} ->> {text(name)})" + (f"::{cast}" if cast else "")


def missing(name: str, at: int) -> str:
    """Whether nobody answered; the JSON is asked again only where there is no value."""
    return f"(dmn_v{at} IS NULL AND ({INPUTS} -> {text(name)}) IS NULL)"


def extracted(scope: Scope, name: str, at: int, is_missing: str) -> Json:
    """A fact that was taken out."""
    value, kind = f"dmn_v{at}", scope.types[name]
    if not is_scalar(kind):
        return Json(value, kind, f"{value}::text", f"{value} = 'null'::jsonb", f"{value} IS NULL")
    null = f"({value} IS NULL AND NOT {is_missing})"
    return Json(
        "NULL::jsonb", kind, value, null, is_missing, value if base_type(kind) in _CAST else ""
    )
