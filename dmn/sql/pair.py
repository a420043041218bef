"""Two verdicts on each row at once, as SQL: what a changed list of requirements does to old cases.

Each fact is taken out of its JSON once for both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dmn.requirements import Requirement
from dmn.sql.quote import identifier
from dmn.sql.scalars import Json, Scope
from dmn.sql.truth import measured
from dmn.sql.verdict import (
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


@dataclass(frozen=True, slots=True)
class Rules:
    """One list of requirements and what `compile_sql` is told beside it."""

    requirements: Sequence[Requirement]
    types: Mapping[str, Type]
    constants: Mapping[str, object] = field(default_factory=dict)
    open_lists: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class CompiledPair:
    """Both verdicts over one row of a table with the facts in a column."""

    column: str
    facts: Sequence[str]
    passed: str  # facts that the last part needs
    plain: tuple[str, str]
    final: tuple[str, str]
    reads_lists: bool

    def select(self, source: str, *keep: str) -> str:
        """A query for many rows: the columns `keep`, then `live` and `draft`, the two outcomes.

        source, and what to run it after: as for `Compiled.select`.
        """
        kept = "".join(f"{identifier((name,))}, " for name in keep)
        none = ", ".join(["NULL"] * (len(keep) + len(self.facts)))
        # nothing comes from the second part; see `Compiled.select`
        facts = ["SELECT", kept, ", ".join(self.facts), "FROM", source]
        judged = ["FROM (", *facts, "UNION ALL SELECT", none, "WHERE false) AS dmn_facts"]
        if not self.reads_lists:
            return " ".join(["SELECT", kept, _named(self.plain), *judged])
        plain = ", ".join(f"{one} AS dmn_plain{at}" for at, one in enumerate(self.plain))
        parts = ["SELECT", kept, _named(self.final), "FROM (SELECT", kept, self.passed, plain]
        return " ".join([*parts, *judged, "OFFSET 0) AS dmn_cases"])


def _named(outcomes: tuple[str, str]) -> str:
    return ", ".join(f"{one} AS {name}" for one, name in zip(outcomes, NAMES, strict=True))


def compile_pair(live: Rules, draft: Rules, *, column: tuple[str, ...]) -> CompiledPair:
    """Both verdicts on the facts in a JSONB column; raises `NotCompiled` as `compile_sql` does.

    A fact that both read has one type.
    """
    sides = [
        Scope(
            identifier(column),
            dict(rules.types),
            dict(rules.constants),
            frozenset(rules.open_lists),
            called=measured,
        )
        for rules in (live, draft)
    ]
    used: dict[str, Scope] = {}
    for rules, scope in zip((live, draft), sides, strict=True):
        for one in rules.requirements:
            used.update((n, scope) for n in one.names() if n in scope.types and n not in used)
    places = {name: at for at, name in enumerate(used)}
    facts = [f"{identifier(column)} AS {INPUTS}"]
    facts += [f"{taken(used[name], name)} AS dmn_v{at}" for name, at in places.items()]
    plain, final = [], []
    in_lists: dict[str, None] = {}
    for at_side, (rules, scope) in enumerate(zip((live, draft), sides, strict=True)):
        early, late = _read(places, scope)
        over_lists = [one for one in rules.requirements if not is_plain(one, scope)]
        others = [one for one in rules.requirements if one not in over_lists]
        in_lists |= dict.fromkeys(n for one in over_lists for n in one.names() if n in places)
        first = replace(scope, extracted=early)
        plain.append(SqlVerdict([compiled(one, first) for one in others]).outcome())
        second = replace(scope, extracted=late)
        rest = [compiled(one, second) for one in over_lists]
        final.append(SqlVerdict(rest, f"dmn_plain{at_side}").outcome())
    passed = "".join(
        f"dmn_v{places[name]}, {missing(name, places[name])} AS dmn_m{places[name]}, "
        for name in in_lists
    )
    return CompiledPair(
        identifier(column),
        facts,
        passed,
        (plain[0], plain[1]),
        (final[0], final[1]),
        bool(in_lists),
    )


def _read(places: Mapping[str, int], scope: Scope) -> tuple[dict[str, Json], dict[str, Json]]:
    """How a side reads each fact that was taken out: where it is, and after the first part."""
    mine = {name: at for name, at in places.items() if name in scope.types}
    early = {name: extracted(scope, name, at, missing(name, at)) for name, at in mine.items()}
    late = {name: extracted(scope, name, at, f"dmn_m{at}") for name, at in mine.items()}
    return early, late
