"""Boundary cases made from the conditions themselves, for an author to confirm.

Around a case that passes, every input of every requirement is set just below, at and just above
each value that a comparison names, to each enumerated value, to absent and to unknown. What the
judge says of each is shown; an author who expects something else has found a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from dmn import types as t
from dmn.analysis.atoms import Atoms, Types, kind_of
from dmn.analysis.conditions import FAILS, MET, PASSES, Conditions, connected
from dmn.analysis.findings import Case
from dmn.analysis.nearest import Neighbours
from dmn.analysis.steps import moved, ordered, other_text, sample_value, step
from dmn.evaluate.compiler import Scope
from dmn.requirements import Requirement, Result, judge
from dmn.values import UNKNOWN

Side = Literal["base", "below", "at", "above", "value", "absent", "unknown"]
AT_MOST = 500
ELEMENTS = 24  # elements tried around a boundary inside a list


@dataclass(frozen=True, slots=True)
class BoundaryCase:
    """One case. values: by input, unknown ones left out; results: by requirement id.

    requirement and input say what the case is about; side says where the input stands to the
    value `point` that the requirement names (None where there is none).
    """

    requirement: str
    input: str
    side: Side
    point: object
    values: Case
    results: Mapping[str, Result]


def boundary_cases(
    requirements: Sequence[Requirement],
    types: Types,
    *,
    constants: Mapping[str, object] | None = None,
    nullable: Collection[str] = (),
    derived: Collection[str] = (),
    at_most: int = AT_MOST,
) -> list[BoundaryCase]:
    """The cases in the order of the requirements, each set of values once.

    derived: inputs computed from others; they are left as the base case has them.
    """
    conditions = Conditions(requirements, types, constants or {}, nullable, derived)
    judges = {one.id: judge(one) for one in requirements}
    base = base_case(conditions)
    found: list[BoundaryCase] = []
    seen: set[str] = set()
    for requirement in requirements:
        around = _around(requirement, base, conditions, judges[requirement.id])
        for name, side, point, value in _variations(requirement, around, conditions):
            values = {**around, name: value} if name else around
            values = {key: v for key, v in values.items() if v is not UNKNOWN}
            key = repr(sorted(values.items()))
            if key in seen:
                continue
            if side != "base":  # the base often stands at a boundary itself: say so again
                seen.add(key)
            results = {one: run({**conditions.constants, **values}) for one, run in judges.items()}
            found.append(BoundaryCase(requirement.id, name, side, point, values, results))
            if len(found) == at_most:
                return found
    return found


def base_case(conditions: Conditions) -> Case:
    """A case that passes as far as one can be found, with a value for every input."""
    wanted = [name for one in conditions.requirements for name in conditions.inputs(one)]
    base: Case = {name: _ordinary(kind_of(name, conditions.types)) for name in wanted}
    for group in connected(conditions.requirements, conditions):
        goals = [conditions.goal(one, MET) for one in group]
        answer = conditions.find(goals)
        if answer.case is None:
            answer = conditions.passing(group)
        base.update(answer.case or {})
    return base


def _ordinary(kind: t.Type) -> object:
    return [] if isinstance(kind, t.ListType) else sample_value(kind)


def _around(
    requirement: Requirement, base: Case, conditions: Conditions, run: Callable[[Scope], str]
) -> Case:
    """The base case, changed so that the requirement applies and is met where that can be."""
    if run({**conditions.constants, **base}) == "met":
        return base
    mine = set(conditions.inputs(requirement))
    others = [
        one
        for one in conditions.requirements
        if one is not requirement and mine & set(conditions.inputs(one))
    ]
    passing = [conditions.goal(one, PASSES) for one in others]
    for goals in ([conditions.goal(requirement, MET), *passing],
                  [conditions.goal(requirement, MET)],
                  [conditions.goal(requirement, FAILS)]):  # fmt: skip
        answer = conditions.find(goals)
        if answer.case is not None:
            return {**base, **answer.case}
    return base


Variation = tuple[str, Side, object, object]


def _variations(
    requirement: Requirement, around: Case, conditions: Conditions
) -> Iterator[Variation]:
    yield "", "base", None, None
    atoms = conditions.atoms(requirement)
    for name in conditions.inputs(requirement):
        if name in conditions.derived:
            continue
        kind = kind_of(name, conditions.types)
        if isinstance(kind, t.ListType):
            yield from _lists(requirement, name, kind.of, around, conditions)
        else:
            for side, point, value in _sides(name, atoms, around, conditions.types):
                yield name, side, point, value
        if name in conditions.nullable:
            yield name, "absent", None, None
        yield name, "unknown", None, UNKNOWN


def _sides(
    variable: str, atoms: Atoms, around: Case, types: Types
) -> Iterator[tuple[Side, object, object]]:
    """Values of a variable beside and at each value that it is compared with."""
    kind = kind_of(variable, types)
    if kind.allowed is not None or t.base_type(kind) == t.BOOLEAN:
        for value in kind.allowed or (True, False):
            yield "value", None, value
        return
    points = Neighbours(variable, atoms, types, nullable=False).points(around)
    if points and not ordered(points[0]):
        for point in points:
            yield "at", point, point
        yield "value", None, other_text(points)
        return
    for point in points:
        by = step(points)
        for side, value in (
            ("below", moved(point, by, -1)),
            ("at", point),
            ("above", moved(point, by)),
        ):
            if value is not None:
                yield side, point, value  # type: ignore[misc]


def _lists(
    requirement: Requirement, name: str, of: t.Type, around: Case, conditions: Conditions
) -> Iterator[Variation]:
    """The empty list, and lists of one element with one field on a boundary."""
    yield name, "value", None, []
    atoms, types = conditions.atoms(requirement), conditions.types
    if not isinstance(of, t.ContextType):
        for side, point, value in _sides(f"{name}[]", atoms, around, types):
            yield name, side, point, [value]
        return
    sides = {
        field: list(_sides(f"{name}[].{field}", atoms, around, types)) for field, _ in of.fields
    }
    run = judge(requirement)
    for field in sides:
        lists = [
            [(side, point, [{**element, field: value}]) for side, point, value in sides[field]]
            for element in _elements(of, field, sides)
        ]
        deciding = next(
            (one for one in lists if _differ(run, name, one, around, conditions)), lists[0]
        )
        for side, point, items in deciding:
            yield name, side, point, items


def _elements(
    of: t.ContextType, field: str, sides: Mapping[str, list[tuple[Side, object, object]]]
) -> list[dict[str, object]]:
    """Elements whose other fields stand at every side of their own boundaries."""
    choices = [
        [sample_value(kind)]
        if name == field
        else [v for _, _, v in sides[name]] or [sample_value(kind)]
        for name, kind in of.fields
    ]
    names = [name for name, _ in of.fields]
    made = (dict(zip(names, values, strict=True)) for values in product(*choices))
    return list(islice(made, ELEMENTS))


def _differ(
    run: Callable[[Scope], str],
    name: str,
    lists: list[tuple[Side, object, list[dict[str, object]]]],
    around: Case,
    conditions: Conditions,
) -> bool:
    """Whether the requirement tells these lists apart."""
    scope = {**conditions.constants, **around}
    return len({run({**scope, name: items}) for _, _, items in lists}) > 1
