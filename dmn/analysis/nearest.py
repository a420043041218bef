"""Other values of one input in a given case, nearest first: one in every elementary cell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dmn import types as t
from dmn.analysis.atoms import Atoms, Types, kind_of
from dmn.analysis.candidates import Candidates
from dmn.analysis.steps import between, moved, one_per_cell, ordered, step
from dmn.values import UNKNOWN, type_of
from dmn.values.nanoseconds import ONE_MICROSECOND
from dmn.values.temporal import YearsMonths, seconds_of


class Neighbours:
    """The values worth changing an input to, for the conditions that read it."""

    def __init__(self, name: str, atoms: Atoms, types: Types, *, nullable: bool) -> None:
        self.name = name
        self.kind = kind_of(name, types)
        self._candidates = Candidates(atoms, types, [name] if nullable else [], ())
        self._cuts = [p for p in atoms.cuts.get(name, ()) if type_of(p) == t.base_type(self.kind)]
        self._shifts = [s for s in atoms.shifts if name in (s.moved, s.other)]
        self._atoms = atoms
        self._nullable = nullable

        others = {s.other if s.moved == name else s.moved for s in self._shifts}
        self.reads = tuple(sorted({variable.partition("[]")[0] for variable in others}))

    def of(self, scope: Mapping[str, object]) -> list[object]:
        """All values but the present one, nearest first."""
        old = scope.get(self.name, UNKNOWN)
        if self._cuts or self._shifts:
            points: list[Any] = self.points(scope)
            if points and ordered(points[0]) and self.kind.allowed is None:
                return self._ordered(old, points)
        if isinstance(self.kind, t.ListType):
            return _shorter(old) + [
                value for value in self._candidates.of(self.name, scope) if value != old
            ]
        return [v for v in self._candidates.of(self.name, scope) if v is not old and v != old]

    def points(self, scope: Mapping[str, object]) -> list[object]:
        """The values at which the truth of a comparison can change, in this case."""
        return list(dict.fromkeys([*self._cuts, *self._met(scope)]))

    def _met(self, scope: Mapping[str, object]) -> list[object]:
        """Where the input meets the present values of others, also of the elements of lists."""
        found: list[object] = []
        for shift in self._shifts:
            here = shift.moved == self.name
            other = shift.other if here else shift.moved
            for value in _values(other, scope):
                found += shift.at_moved(value) if here else shift.at_other(value)
        return [point for point in found if type_of(point) == t.base_type(self.kind)]

    def _ordered(self, old: object, points: list[Any]) -> list[object]:
        line = sorted(set(points))
        if old is UNKNOWN or old is None:
            return one_per_cell(line)
        found = _edges(line, old)
        return [*found, None] if self._nullable else found


def _edges(line: list[Any], old: Any) -> list[object]:
    """The value of each cell that is nearest to the old one; those off the usual steps last."""
    by = step([*line, old])
    usual: dict[object, None] = {}
    odd: dict[object, None] = {}
    for at, point in enumerate(line):
        usual[point] = None
        for sign, beside in ((1, at + 1), (-1, at - 1)):
            if point != old and (point > old) is not (sign > 0):
                continue  # the cell on the near side has a nearer edge
            value = moved(point, by, sign)
            if value is None:
                continue
            if 0 <= beside < len(line) and not (
                value < line[beside] if sign > 0 else value > line[beside]
            ):
                low, high = sorted((point, line[beside]))
                odd.update(dict.fromkeys(between(low, high, by)))
            else:
                usual[value] = None
    near = [sorted(values, key=lambda value: distance(old, value)) for values in (usual, odd)]
    return [value for values in near for value in values if value != old]


def _values(variable: str, scope: Mapping[str, object]) -> list[object]:
    """The values that a variable has in a case: one, or one for each element of a list."""
    name, elements, path = variable.partition("[]")
    value = scope.get(name, UNKNOWN)
    if value is UNKNOWN or value is None:
        return []
    if not elements:
        return [value]
    found = []
    for item in value if isinstance(value, list) else ():
        if path and isinstance(item, dict):
            item = item.get(path.removeprefix("."))
        if item is not None and item is not UNKNOWN:
            found.append(item)
    return found


def _shorter(old: object) -> list[object]:
    """A list without one of its elements."""
    if not isinstance(old, list):
        return []
    return [old[:at] + old[at + 1 :] for at in range(len(old))]


def distance(old: Any, new: Any) -> Decimal:
    """How far two values of one ordered type lie apart, in that type's own unit."""
    if isinstance(old, Decimal):
        return abs(new - old)
    if isinstance(old, YearsMonths):
        return Decimal(abs(new.months - old.months))
    if isinstance(old, date) and not isinstance(old, datetime):
        return Decimal(abs((new - old).days))
    if isinstance(old, datetime | timedelta):
        return Decimal(abs(new - old) // ONE_MICROSECOND)
    return Decimal(abs(seconds_of(new) - seconds_of(old)) // ONE_MICROSECOND)
