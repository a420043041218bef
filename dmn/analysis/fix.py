"""The smallest fix: which inputs of one case to change, and to what, so that all is met.

Fewest inputs first, then the nearest values. An input can be changed by a new answer
(`answer`), by doing something first (`act`: renew a permit), or by waiting (`time`); what is
marked `never`, or not at all, stays as it is, which is most of what registries say.

Nothing is offered when an undisclosed requirement is not met: a fix would tell the applicant
what must not be disclosed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from dmn.analysis.atoms import Atoms, Types, read_atoms
from dmn.analysis.nearest import Neighbours
from dmn.evaluate.compiler import Run, Scope
from dmn.requirements import Requirement, judge
from dmn.values import UNKNOWN

Mark = Literal["answer", "act", "time", "never"]
RANK: Mapping[str, int] = {"answer": 0, "act": 1, "time": 2}
TRIES = 1_500  # judgements a case may cost
DEEPEST = 6  # inputs changed at once, among requirements that hang together
PASSED = ("met", "not_applicable")


@dataclass(frozen=True, slots=True)
class Change:
    """One input: from `old` (UNKNOWN when nobody answered) to `new`, by what means."""

    input: str
    old: object
    new: object
    mark: Mark


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes that together make every requirement pass; without any of them it would not.

    earliest: the first date (or date and time) on which waiting alone would do, None when it
    never will. A case that passes already has no changes.
    """

    changes: tuple[Change, ...] = ()
    earliest: date | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """An input computed from others, such as a table's result; `reads` names those."""

    run: Run
    reads: tuple[str, ...]


class FixFinder:
    """The requirements of one edition, prepared; one per process, any number of cases."""

    def __init__(
        self,
        requirements: Sequence[Requirement],
        types: Types,
        marks: Mapping[str, str],
        *,
        constants: Mapping[str, object] | None = None,
        nullable: Collection[str] = (),
        derived: Mapping[str, Derived] | None = None,
    ) -> None:
        self.requirements = tuple(requirements)
        self.constants = dict(constants or {})
        self.derived = dict(derived or {})
        self.judges: list[Callable[[Scope], str]] = [judge(one) for one in requirements]
        self.marks = {name: mark for name, mark in marks.items() if mark in RANK}
        inputs = [self._inputs(one) for one in requirements]
        self.readers: dict[str, list[int]] = {}
        for number, names in enumerate(inputs):
            for name in names:
                self.readers.setdefault(name, []).append(number)
        can = sorted(
            (n for n in self.marks if n in self.readers), key=lambda n: RANK[self.marks[n]]
        )
        self.changeable = [[n for n in can if n in names] for names in inputs]
        self.alterable = [
            [n for n in names if self.marks[n] != "time"] for names in self.changeable
        ]
        self.timed = [name for name in can if self.marks[name] == "time"]
        self.neighbours = {
            name: Neighbours(name, self._atoms(name, types), types, nullable=name in nullable)
            for name in can
        }

    def _inputs(self, requirement: Requirement) -> set[str]:
        """Every input that the requirement reads, through derived ones as well."""
        found: set[str] = set()
        waiting = list(requirement.names())
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.derived[name].reads if name in self.derived else ()
        return found

    def _atoms(self, name: str, types: Types) -> Atoms:
        atoms = Atoms()
        for number in self.readers[name]:
            requirement = self.requirements[number]
            for part in (requirement.must, requirement.applies):
                if part is not None:
                    atoms.join(read_atoms(part, types, self.constants))
        return atoms

    def fix(self, values: Mapping[str, object]) -> Fix | None:
        """The smallest fix of a case, None when there is none to offer."""
        state = _State(self, {**values, **self.constants})
        if not state.failed:
            return Fix()
        for number in state.failed:
            if self.requirements[number].undisclosed or not self.changeable[number]:
                return None
        changes = state.find_changes()
        earliest = None
        for name in self.timed:
            waited = self._later(name, values, state)
            if waited is None:
                continue
            when, more = waited
            if not more and isinstance(when, date):
                earliest = when
            if changes is None or len(changes) > 1 + len(more):
                changes = {name: when, **more}
        if changes is None:
            return None
        return Fix(tuple(self._change(n, values, v) for n, v in changes.items()), earliest)

    def _change(self, name: str, values: Mapping[str, object], new: object) -> Change:
        return Change(name, values.get(name, UNKNOWN), new, self.marks[name])  # type: ignore[arg-type]

    def _later(
        self, name: str, values: Mapping[str, object], before: _State
    ) -> tuple[object, dict[str, object]] | None:
        """The first time at which the fewest other changes are left to make."""
        old = before.scope.get(name, UNKNOWN)
        if old is UNKNOWN or old is None:
            return None
        later = [v for v in self.neighbours[name].of(before.scope) if v > old]  # type: ignore[operator]
        best: tuple[object, dict[str, object]] | None = None
        for when in sorted(later):  # type: ignore[type-var]
            state = _State(self, {**before.scope, name: when}, before.left)
            more = state.find_changes() if state.failed else {}
            before.left = state.left
            if more is not None and (best is None or len(more) < len(best[1])):
                best = when, more
                if not more:
                    break
        return best


def smallest_fix(
    requirements: Sequence[Requirement],
    types: Types,
    values: Mapping[str, object],
    marks: Mapping[str, str],
    *,
    constants: Mapping[str, object] | None = None,
    nullable: Collection[str] = (),
) -> Fix | None:
    """`FixFinder(...).fix(values)` for one case only."""
    return FixFinder(requirements, types, marks, constants=constants, nullable=nullable).fix(values)


@dataclass(slots=True)
class _State:
    """A case being changed: its values, and the requirements that do not pass."""

    finder: FixFinder
    scope: dict[str, object]
    left: int = TRIES
    failed: list[int] = field(default_factory=list)
    known: dict[tuple[object, ...], list[object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.derive(self.finder.derived)
        self.failed = [n for n in range(len(self.finder.judges)) if not self.passes(n)]

    def passes(self, number: int) -> bool:
        return self.finder.judges[number](self.scope) in PASSED

    def derive(self, names: Collection[str]) -> None:
        for name in names:
            self.scope[name] = self.finder.derived[name].run(self.scope)

    def put(self, name: str, value: object) -> None:
        if value is UNKNOWN:
            self.scope.pop(name, None)
        else:
            self.scope[name] = value
        if self.finder.derived:
            self.derive(self.finder.derived)

    def others(self, name: str) -> list[object]:
        """Other values of an input, nearest first; worked out once for each surroundings of it."""
        neighbours = self.finder.neighbours[name]
        key = (name, *(id(self.scope.get(other)) for other in (name, *neighbours.reads)))
        if key not in self.known:
            self.known[key] = neighbours.of(self.scope)
        return self.known[key]

    def find_changes(self) -> dict[str, object] | None:
        """The fewest changes, other than waiting, that make all pass."""
        if not all(self.finder.alterable[number] for number in self.failed):
            return None
        changes: dict[str, object] = {}
        for group in self._groups():
            found = None
            for size in range(1, DEEPEST + 1):
                found = self._deepen(group, {}, size)
                if found is not None or self.left <= 0:
                    break
            if found is None:
                return None
            changes.update(found)
        return changes

    def _groups(self) -> list[list[int]]:
        """Failed requirements, those together that some changeable input may link."""
        finder = self.finder
        groups: list[list[int]] = []
        seen: set[int] = set()
        for first in self.failed:
            if first in seen:
                continue
            seen.add(first)
            members, waiting = [first], [first]
            while waiting:
                number = waiting.pop()
                for name in finder.alterable[number]:
                    for other in finder.readers[name]:
                        if other not in seen:
                            seen.add(other)
                            members.append(other)
                            waiting.append(other)
            groups.append(sorted(n for n in members if n in self.failed))
        return groups

    def _deepen(
        self, failed: list[int], changed: dict[str, object], size: int
    ) -> dict[str, object] | None:
        """Changes of at most `size` more inputs after which nothing of the group fails."""
        if not failed:
            return dict(changed)
        if not size:
            return None
        finder = self.finder
        for name in finder.alterable[failed[0]]:
            if name in changed:
                continue
            old = self.scope.get(name, UNKNOWN)
            for value in self.others(name):
                self.put(name, value)
                rest = self._still(failed, name)
                found = None
                if rest is not None and (size > 1 or not rest):
                    changed[name] = value
                    found = self._deepen(rest, changed, size - 1)
                    del changed[name]
                self.put(name, old)
                if found is not None:
                    return found
                if self.left <= 0:
                    return None
        return None

    def _still(self, failed: list[int], name: str) -> list[int] | None:
        """What fails now; None when a requirement fails that nothing more can change."""
        readers = self.finder.readers[name]
        rest = [number for number in failed if number not in readers]
        for number in readers:
            self.left -= 1
            if not self.passes(number):
                if not self.finder.alterable[number]:
                    return None
                rest.append(number)
        rest.sort()
        return rest
