"""Two verdicts on each row at once, as SQL: what a changed list of requirements does to old cases.

An outcome is the gravest of what each requirement leads to. So the requirements that differ are
judged first, on every row, by the few facts that they read; only rows that these alone tell apart,
or that are drawn for a sample, are judged by what both lists share, and by that once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dmn.requirements import Requirement
from dmn.sql.quote import FALSE, identifier
from dmn.sql.scalars import Json, Scope
from dmn.sql.truth import measured
from dmn.sql.verdict import (
    GRAVITY,
    INPUTS,
    SqlVerdict,
    compiled,
    extracted,
    is_plain,
    missing,
    taken,
)
from dmn.types import Type

NAMES = ("live", "draft")
SHARED = "dmn_shared"
# PostgreSQL puts an expression of a subquery back wherever its value is used, and moves conditions
# into the subquery: then a fact is taken out of its JSON many times a row, and a verdict found four
# times. It does neither where a column is volatile and the condition reads it. Unlike OFFSET 0,
# this lets workers judge.
FENCE = "dmn_fence"
_FENCE = f"clock_timestamp() AS {FENCE}"


@dataclass(frozen=True, slots=True)
class Rules:
    """One list of requirements and what `compile_sql` is told beside it."""

    requirements: Sequence[Requirement]
    types: Mapping[str, Type]
    constants: Mapping[str, object] = field(default_factory=dict)
    open_lists: Collection[str] = ()

    def only(self, ids: Collection[str]) -> Rules:
        """The same with the requirements of these ids alone."""
        return replace(self, requirements=[one for one in self.requirements if one.id in ids])

    def without(self, ids: Collection[str]) -> Rules:
        """The same without the requirements of these ids."""
        return replace(self, requirements=[one for one in self.requirements if one.id not in ids])


@dataclass(frozen=True, slots=True)
class CompiledPair:
    """Both verdicts over one row of a table with the facts in a column."""

    apart: Stage
    shared: Stage

    def select(self, source: str, *keep: str, sampled: str = FALSE) -> str:
        """A query for rows whose outcomes differ: the columns `keep`, then `live` and `draft`.

        Rows of which the condition `sampled` over `keep` holds come too, whatever their outcomes.
        source, and what to run it after: as for `Compiled.select`.
        """
        kept = [identifier((name,)) for name in keep]
        found = f"WHERE CASE WHEN {FENCE} IS NOT NULL THEN live <> draft OR {sampled} END"
        narrow = ["(SELECT * FROM (", self.apart.select(source, kept), ") AS dmn_apart", found]
        candidates = " ".join([*narrow, ") AS dmn_narrow"])
        both = ", ".join([*kept, *(f"greatest({n}, {SHARED}) AS {n}" for n in NAMES), FENCE])
        judged = self.shared.select(candidates, [*kept, *NAMES])
        words = ", ".join([*kept, *(f"{_word(name)} AS {name}" for name in NAMES)])
        parts = ["SELECT", words, "FROM (SELECT", both, "FROM (", judged, ") AS dmn_judged)"]
        return " ".join([*parts, "AS dmn_both", found])


def _word(name: str) -> str:
    whens = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(GRAVITY))
    return f"CASE {name} {whens} END"


@dataclass(frozen=True, slots=True)
class Stage:
    """Verdicts on one row, each under a name, as a place in `GRAVITY`.

    carried: columns that the next stage reads; facts: each taken out of its JSON once; plain: the
    verdicts without lists; passed: facts that lists need beside them; listed: verdicts on lists.
    """

    carried: Sequence[str]
    facts: Sequence[str]
    plain: Mapping[str, str]
    passed: Sequence[str]
    listed: Mapping[str, str]

    def select(self, source: str, keep: Sequence[str]) -> str:
        """The columns `keep`, what is carried, and the verdicts, behind a fence."""
        kept = [*keep, *self.carried]
        inner = ", ".join([*kept, *self.facts, _FENCE])
        judged = ", ".join([*kept, *(f"{sql} AS {name}" for name, sql in self.plain.items())])
        facts = ["FROM (SELECT", inner, "FROM", source, ") AS dmn_facts"]
        if not self.listed:
            return " ".join(["SELECT", judged, ",", _FENCE, *facts])
        # a correlated subquery, as a list needs, never runs in a worker; see `Compiled.select`
        late = [f"greatest({name}, {sql}) AS {name}" for name, sql in self.listed.items()]
        early = ["(SELECT", ", ".join([judged, *self.passed]), *facts, "OFFSET 0) AS dmn_cases"]
        return " ".join(["SELECT", ", ".join([*kept, *late, _FENCE]), "FROM", *early])


def compile_pair(
    live: Rules,
    draft: Rules,
    *,
    shared: Collection[str] = (),
    column: str,
    columns: Collection[str] = (),
) -> CompiledPair:
    """Both verdicts on the facts in a JSONB column; raises `NotCompiled` as `compile_sql` does.

    shared: ids of requirements that mean the same in both. columns: facts that the table has in a
    typed column of the same name too, where none is missing. A fact that both read has one type.
    """
    apart = dict(zip(NAMES, (live.without(shared), draft.without(shared)), strict=True))
    return CompiledPair(
        _stage(apart, column, columns), _stage({SHARED: live.only(shared)}, column, columns)
    )


def _stage(sides: Mapping[str, Rules], column: str, columns: Collection[str]) -> Stage:
    scopes = {side: _scope(rules, column) for side, rules in sides.items()}
    used: dict[str, Scope] = {}
    for side, rules in sides.items():
        types = scopes[side].types
        names = (name for one in rules.requirements for name in one.names() if name in types)
        used |= dict.fromkeys(names, scopes[side])
    facts = [
        _Fact(name, at, identifier((name,)) if name in columns else "")
        for at, name in enumerate(used)
    ]
    plain, listed, in_lists = {}, {}, set()
    for side, rules in sides.items():
        scope = scopes[side]
        over_lists = [one for one in rules.requirements if not is_plain(one, scope)]
        others = [one for one in rules.requirements if one not in over_lists]
        in_lists |= {name for one in over_lists for name in one.names()}
        plain[side] = _gravity(others, scope, {fact.name: fact.early(scope) for fact in facts})
        late = {fact.name: fact.late(scope) for fact in facts}
        listed[side] = _gravity(over_lists, scope, late)
    passed = [part for fact in facts if fact.name in in_lists for part in fact.passed()]
    quoted = [identifier((name,)) for name in (column, *columns)]
    taken_out = [f"{quoted[0]} AS {INPUTS}", *(fact.taken(used[fact.name]) for fact in facts)]
    return Stage(quoted, taken_out, plain, passed, listed if in_lists else {})


def _scope(rules: Rules, column: str) -> Scope:
    types, constants = dict(rules.types), dict(rules.constants)
    open_lists = frozenset(rules.open_lists)
    return Scope(identifier((column,)), types, constants, open_lists, called=measured)


def _gravity(
    requirements: Sequence[Requirement], scope: Scope, facts: Mapping[str, Json | None]
) -> str:
    known = {name: fact for name, fact in facts.items() if fact is not None}
    there = replace(scope, extracted=known)
    return SqlVerdict([compiled(one, there) for one in requirements]).gravity()


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact and where it stands once it was taken out; ``column``: its own one in the table."""

    name: str
    at: int
    column: str

    def taken(self, scope: Scope) -> str:
        return f"{self.column or taken(scope, self.name)} AS dmn_v{self.at}"

    def _missing(self) -> str:
        return FALSE if self.column else missing(self.name, self.at)

    def early(self, scope: Scope) -> Json | None:
        """How a side reads it at once; None where that side has no such fact."""
        return self._read(scope, self._missing())

    def late(self, scope: Scope) -> Json | None:
        """How a side reads it beyond ``passed``."""
        return self._read(scope, FALSE if self.column else f"dmn_m{self.at}")

    def passed(self) -> tuple[str, str]:
        return f"dmn_v{self.at}", f"{self._missing()} AS dmn_m{self.at}"

    def _read(self, scope: Scope, is_missing: str) -> Json | None:
        if self.name not in scope.types:
            return None
        return extracted(scope, self.name, self.at, is_missing)
