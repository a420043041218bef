"""Search for a case in which several conditions come out as wanted.

Inputs are chosen one after another; those not chosen yet are UNKNOWN, so that the judge's own
three-valued logic tells when a choice has already failed. When every value of an input fails,
the search goes back to the last choice that had a part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dmn.analysis.atoms import Atoms, Types
from dmn.analysis.candidates import Candidates
from dmn.analysis.findings import Case
from dmn.evaluate.compiler import Scope
from dmn.values import UNKNOWN

TRIES = 20_000


@dataclass(frozen=True, slots=True)
class Goal:
    """What must come out true: `holds` gives True, False, or UNKNOWN while it is open."""

    holds: Callable[[Scope], object]
    inputs: tuple[str, ...]
    atoms: Atoms


@dataclass(frozen=True, slots=True)
class Answer:
    """A case, or none; `complete` says that where there is none, there can be none."""

    case: Case | None
    complete: bool


def find(
    goals: Sequence[Goal],
    types: Types,
    *,
    constants: Mapping[str, object],
    nullable: Collection[str] = (),
    derived: Collection[str] = (),
    tries: int = TRIES,
) -> Answer:
    """A case in which all goals hold, over the inputs that the goals read."""
    atoms = Atoms()
    for goal in goals:
        atoms.join(goal.atoms)
    candidates = Candidates(atoms, types, nullable, derived)
    wanted = [name for goal in goals for name in goal.inputs if name not in constants]
    order = [*candidates.order, *(n for n in dict.fromkeys(wanted) if n not in candidates.order)]
    run = _Run(goals, _close(order, goals, candidates), candidates, dict(constants), tries)
    stuck = run.choose(0)
    if stuck is None:
        return Answer({name: run.scope[name] for name in order}, True)
    return Answer(None, candidates.complete and run.left > 0 and len(order) == len(set(wanted)))


def _close(order: list[str], goals: Sequence[Goal], candidates: Candidates) -> list[str]:
    """The same inputs with those of one goal next to each other, axes still from their root."""
    found: dict[str, None] = {}

    def take(name: str) -> None:
        if name in found or name not in order:
            return
        above = candidates.parent.get(name, "")
        if above:
            take(above)
        found[name] = None

    for goal in goals:
        for name in goal.inputs:
            take(name)
    for name in order:
        take(name)
    return list(found)


@dataclass(slots=True)
class _Run:
    goals: Sequence[Goal]
    order: list[str]
    candidates: Candidates
    scope: dict[str, object]
    left: int
    readers: dict[str, list[Goal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for goal in self.goals:
            for name in goal.inputs:
                self.readers.setdefault(name, []).append(goal)

    def choose(self, at: int) -> set[str] | None:
        """None when a case was found, else the inputs to which the failure is due."""
        if at == len(self.order):
            for goal in self.goals:
                if goal.holds(self.scope) is not True:
                    return set(goal.inputs)
            return None
        name = self.order[at]
        responsible: set[str] = {other for other, _ in self.candidates.edges.get(name, ())}
        for value in self.candidates.of(name, self.scope):
            self.left -= 1
            if self.left <= 0:
                break
            self.scope[name] = value
            failed = self._failed(name)
            if failed is not None:
                responsible.update(failed.inputs)
                continue
            found = self.choose(at + 1)
            if found is None:
                return None
            if name not in found and self.left > 0:
                del self.scope[name]
                return found
            responsible |= found
        self.scope.pop(name, None)
        responsible.discard(name)
        return responsible & set(self.order[:at])

    def _failed(self, name: str) -> Goal | None:
        for goal in self.readers.get(name, ()):
            found = goal.holds(self.scope)
            if found is not True and found is not UNKNOWN:
                return goal
        return None
