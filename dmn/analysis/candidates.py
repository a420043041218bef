"""Values worth trying for an input, given those chosen so far: one in every elementary cell.

Where two inputs stand on a difference axis (`licensed + P3Y <= as_of`), the one chosen first
cuts the other. As long as these axes form no cycle, choosing along them tries every possible
combination of truths: the search is then exhaustive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice, product
from typing import Any

from dmn import types as t
from dmn.analysis.atoms import Atoms, Shift, Types, kind_of
from dmn.analysis.steps import cells, ordered, other_text, sample_value
from dmn.values import UNKNOWN, type_of

ELEMENTS = 24  # of a list worth trying


class Candidates:
    """The values of each input, for one set of conditions.

    order: inputs in the order in which they should be chosen. complete: whether trying all
    candidates of all inputs in that order tries every combination of truths.
    """

    def __init__(
        self, atoms: Atoms, types: Types, nullable: Collection[str], derived: Collection[str]
    ) -> None:
        self.atoms = atoms
        self.types = types
        self.nullable = frozenset(nullable)
        self.inputs = tuple(dict.fromkeys(_root(variable) for variable in atoms.variables))
        self.edges: dict[str, list[tuple[str, Shift]]] = {}
        for shift in atoms.shifts:
            self.edges.setdefault(shift.moved, []).append((shift.other, shift))
            self.edges.setdefault(shift.other, []).append((shift.moved, shift))
        self.order, self.parent, forest = self._walk()
        self.complete = (
            forest
            and not atoms.opaque
            and not atoms.texts
            and not set(derived) & set(self.inputs)
            and all(_simple(kind_of(name, types)) for name in self.inputs)
        )
        self._critical: dict[tuple[str, str], list[object]] = {}

    def _walk(self) -> tuple[list[str], dict[str, str], bool]:
        """Inputs along the axes, busiest first; whether each is reached in one way only."""
        order: list[str] = []
        parent: dict[str, str] = {}
        forest = True
        for root in sorted(self.inputs, key=lambda name: -len(self.edges.get(name, ()))):
            if root in parent:
                continue
            parent[root] = ""
            queue = [root]
            while queue:
                here = queue.pop(0)
                order.append(here)
                beside = dict.fromkeys(other for other, _ in self.edges.get(here, ()))
                for other in beside:
                    if other not in parent and other in self.inputs:
                        parent[other] = here
                        queue.append(other)
                    elif other != parent[here] and parent.get(other) != here:
                        forest = False
                    if not self._of_one_kind(here, other):
                        forest = False
        return order, parent, forest

    def _of_one_kind(self, one: str, other: str) -> bool:
        """Months and days on one axis change their order with the date: no fixed cells."""
        kinds = {type(s.by) for o, s in self.edges[one] if o == other and s.by is not None}
        return len(kinds) <= 1

    def critical(self, name: str, coming_from: str = "") -> list[object]:
        """Where anything can change that depends on the input, seen from its axes outwards."""
        key = (name, coming_from)
        if key not in self._critical:
            self._critical[key] = []  # a cycle ends here
            points = list(self.atoms.cuts.get(name, ()))
            for other, shift in self.edges.get(name, ()):
                if other != coming_from:
                    for value in self.critical(other, name):
                        points += _across(shift, name, value)
            self._critical[key] = list(dict.fromkeys(points))
        return self._critical[key]

    def of(self, name: str, scope: Mapping[str, object]) -> list[object]:
        """The values to try, those that a comparison names first."""
        kind = kind_of(name, self.types)
        if isinstance(kind, t.ListType):
            found: list[object] = self._lists(name, kind.of, scope)
        else:
            points = list(self.critical(name, self.parent.get(name, "")))
            found = self._values(name, kind, points + self._beside(name, scope))
        if name in self.nullable:
            found.append(None)
        return found

    def _beside(self, name: str, scope: Mapping[str, object]) -> list[object]:
        """Where the input meets those chosen before it."""
        points: list[object] = []
        for other, shift in self.edges.get(name, ()):
            value = scope.get(other, UNKNOWN)
            if value is not UNKNOWN and value is not None:
                points += _across(shift, name, value)
        return points

    def _values(self, name: str, kind: t.Type, points: Iterable[object]) -> list[object]:
        bare = t.base_type(kind)
        if kind.allowed is not None:
            return list(kind.allowed)
        if bare == t.BOOLEAN:
            return [True, False]
        mine: list[Any] = [p for p in dict.fromkeys(points) if type_of(p) == bare]
        if bare == t.STRING:
            texts: list[object] = [*mine, other_text(mine)]
            if self.atoms.opaque:  # functions may tell scripts and lengths apart
                texts += [text for text in ("a", "") if text not in texts]
            if name in self.atoms.texts:
                texts += ["", *(f"{text}!" for text in mine)]
            return texts + ["a" * size for size in sorted(self.atoms.lengths.get(name, ()))]
        if mine and ordered(mine[0]):
            found = cells(mine)
            usual = sample_value(kind)
            return found if not self.atoms.opaque or usual in found else [*found, usual]
        if isinstance(kind, t.ContextType):
            return [self._contexts(name, kind, {})[0]]
        return [sample_value(kind)]

    def _lists(self, name: str, of: t.Type, scope: Mapping[str, object]) -> list[object]:
        if isinstance(of, t.ContextType):
            items: list[object] = list(self._contexts(f"{name}[]", of, scope))
        else:
            points = [*self.atoms.cuts.get(f"{name}[]", ()), *self._beside(f"{name}[]", scope)]
            items = self._values(f"{name}[]", of, points)
        found: list[object] = [[]]
        found += [[item] for item in items]
        found += [[items[0], item] for item in items[1:]]
        for size in sorted(self.atoms.lengths.get(name, ())):
            found += [[item] * size for item in items[:4] if size > 1]
        return found

    def _contexts(
        self, name: str, kind: t.ContextType, scope: Mapping[str, object]
    ) -> list[dict[str, object]]:
        keys = [field for field, _ in kind.fields]
        choices = []
        for field, of in kind.fields:
            variable = f"{name}.{field}"
            points = [*self.atoms.cuts.get(variable, ()), *self._beside(variable, scope)]
            choices.append(self._values(variable, of, points)[:6])
        return [
            dict(zip(keys, values, strict=True)) for values in islice(product(*choices), ELEMENTS)
        ]


def _across(shift: Shift, name: str, value: object) -> list[object]:
    """The values of one end of an axis where it meets a value of the other end."""
    return shift.at_moved(value) if name == shift.moved else shift.at_other(value)


def _root(variable: str) -> str:
    return variable.partition(".")[0].partition("[]")[0]


def _simple(kind: t.Type) -> bool:
    return t.base_type(kind) in t.ORDERED or t.base_type(kind) == t.BOOLEAN
