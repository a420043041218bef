"""A decision table as a grid of elementary cells: which cells of which input a row accepts.

The truth of a cell's tests is not interpreted here: it is the judge's own, asked once for one
value of every elementary cell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dmn import types as t
from dmn.analysis.atoms import Atoms, Types, cell_atoms, kind_of, variable_of
from dmn.analysis.coverage import Masks
from dmn.analysis.findings import Case, nested
from dmn.analysis.steps import one_per_cell, ordered, other_text, sample_value
from dmn.errors import NOWHERE, Place
from dmn.evaluate.rules import compile_tree
from dmn.feel.tree import CompareTest, Node, UnaryTests, names
from dmn.tables.model import Table
from dmn.values import type_of


@dataclass(frozen=True, slots=True)
class Column:
    """An input column: what is tested, and the tests that its value must pass to be allowed."""

    expression: Node
    kind: t.Type = t.ANY
    allowed: Node | None = None


@dataclass(frozen=True, slots=True)
class Row:
    tests: tuple[Node, ...]  # one per column
    outputs: tuple[Node, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class AnalysedTable:
    """What analysis needs of a decision table. hit: the first letter of the hit policy."""

    hit: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    default: bool = False
    priorities: tuple[tuple[object, ...], ...] = ()  # allowed values of each output, best first


def analysed(table: Table) -> AnalysedTable:
    """The part of a table that analysis reads."""
    priorities = []
    for column in table.outputs:
        tests = column.allowed.tests if column.allowed else ()
        constants = [test for test in tests if not isinstance(test, CompareTest)]
        priorities.append(tuple(compile_tree(test)({}) for test in constants))
    return AnalysedTable(
        table.policy,
        tuple(Column(c.expression, c.type or t.ANY, c.allowed) for c in table.inputs),
        tuple(Row(rule.tests, rule.outputs, rule.place) for rule in table.rules),
        any(column.default is not None for column in table.outputs),
        tuple(priorities) if any(priorities) else (),
    )


@dataclass(slots=True)
class Axis:
    """One input: a value for every elementary cell; `points` are those that a test names."""

    variable: str
    values: list[object]
    points: list[object]

    def pick(self, mask: int) -> object:
        """A value in these cells: one that a test names, if there is one."""
        inside = [value for number, value in enumerate(self.values) if mask >> number & 1]
        for value in inside:
            if any(value is point or value == point for point in self.points):
                return value
        return inside[0]


@dataclass(slots=True)
class Grid:
    """definite and possible: per row the masks of cells accepted in any case, and perhaps."""

    axes: list[Axis]
    definite: list[Masks] = field(default_factory=list)
    possible: list[Masks] = field(default_factory=list)
    domain: Masks = ()
    opaque: dict[int, Place] = field(default_factory=dict)  # row: a test not understood

    def witness(self, box: Masks) -> Case:
        """A case in the box, over all inputs that have a name."""
        return nested(
            {
                axis.variable: axis.pick(mask)
                for axis, mask in zip(self.axes, box, strict=True)
                if axis.variable
            }
        )


def build(
    sheet: AnalysedTable, types: Types, constants: Mapping[str, object], nullable: Collection[str]
) -> Grid:
    """The grid of a table; a column over several inputs becomes an axis of its own, unproved."""
    builder = _Builder(sheet, types, constants, frozenset(nullable))
    builder.read()
    return builder.grid()


@dataclass(slots=True)
class _Builder:
    sheet: AnalysedTable
    types: Types
    constants: Mapping[str, object]
    nullable: frozenset[str]
    variables: list[str] = field(default_factory=list)  # per column; "" for an opaque one
    atoms: Atoms = field(default_factory=Atoms)
    unclear: set[tuple[int, int]] = field(default_factory=set)  # (row, column)

    def read(self) -> None:
        for number, column in enumerate(self.sheet.columns):
            found = [self.cell(column, row.tests[number]) for row in self.sheet.rows]
            variable = variable_of(column.expression, self.types, self.constants)
            if variable is None:
                variable = self.only_variable(column, found)
            self.variables.append(variable)
            for index, atoms in enumerate(found):
                if atoms.opaque or atoms.shifts or set(atoms.variables) - {variable}:
                    self.unclear.add((index, number))
                self.atoms.join(atoms)
            if column.allowed is not None:
                self.atoms.join(self.cell(column, column.allowed))

    def only_variable(self, column: Column, found: list[Atoms]) -> str:
        """The variable that a column's expression moves by a constant; empty for more."""
        free = [name for name in names(column.expression) if name not in self.constants]
        seen = {variable for atoms in found for variable in atoms.variables}
        return seen.pop() if len(free) == 1 and len(seen) == 1 else ""

    def cell(self, column: Column, tests: Node) -> Atoms:
        return cell_atoms(tests, column.expression, self.types, self.constants)

    def grid(self) -> Grid:
        axes = [self.axis(v) for v in dict.fromkeys(v for v in self.variables if v)]
        at = {axis.variable: number for number, axis in enumerate(axes)}
        where: list[int] = []
        for variable in self.variables:
            if not variable:
                axes.append(Axis("", [None], []))
            where.append(at[variable] if variable else len(axes) - 1)
        grid = Grid(axes)
        whole = tuple((1 << len(axis.values)) - 1 for axis in axes)
        masks = _Masks(self, axes, where)
        grid.domain = masks.allowed(whole)
        for index, row in enumerate(self.sheet.rows):
            definite, possible = list(grid.domain), list(grid.domain)
            for number, tests in enumerate(row.tests):
                mask, clear = masks.of(index, number, tests)
                definite[where[number]] &= mask if clear else 0
                possible[where[number]] &= mask if clear else whole[where[number]]
                if not clear:
                    grid.opaque.setdefault(index, getattr(tests, "place", row.place))
            grid.definite.append(tuple(definite))
            grid.possible.append(tuple(possible))
        return grid

    def axis(self, variable: str) -> Axis:
        kind = kind_of(variable, self.types)
        points = list(self.atoms.cuts.get(variable, ()))
        if kind == t.ANY:  # a model without types: as the comparisons have it
            kinds = {type_of(point) for point in points}
            kind = kinds.pop() if len(kinds) == 1 else t.ANY
        values = cell_values(kind, points, ordering=variable in self.atoms.texts)
        if variable in self.nullable:
            values.append(None)
        return Axis(variable, values, points)


def cell_values(kind: t.Type, points: list[object], *, ordering: bool = False) -> list[object]:
    """One value of each elementary cell of a type that is cut at the points."""
    if kind.allowed is not None:
        return list(kind.allowed)
    bare = t.base_type(kind)
    if bare == t.BOOLEAN:
        return [True, False]
    mine = [point for point in points if type_of(point) == bare]
    if bare == t.STRING:
        texts: list[object] = list(dict.fromkeys(mine))
        if ordering:  # texts are dense in their order: an empty one is first, a longer one next
            texts = sorted({"", *texts, *(f"{text}!" for text in texts)}, key=str)
        return [*texts, other_text(texts)]
    if mine and ordered(mine[0]):
        return one_per_cell(mine)
    return [sample_value(kind)]


@dataclass(slots=True)
class _Masks:
    builder: _Builder
    axes: list[Axis]
    where: list[int]
    known: dict[tuple[int, str], int] = field(default_factory=dict)
    tested: dict[int, list[object]] = field(default_factory=dict)

    def of(self, row: int, column: int, tests: Node) -> tuple[int, bool]:
        """The mask of cells where the tests hold, and whether that is proved."""
        axis = self.axes[self.where[column]]
        if isinstance(tests, UnaryTests) and not tests.tests:
            return (1 << len(axis.values)) - 1, True
        if not axis.variable or (row, column) in self.builder.unclear:
            return 0, False
        return self.mask(column, tests), True

    def mask(self, column: int, tests: Node) -> int:
        key = (column, repr(tests))
        if key not in self.known:
            run, constants = compile_tree(tests), self.builder.constants
            self.known[key] = sum(
                1 << number
                for number, value in enumerate(self.inputs(column))
                if run({**constants, "?": value}) is True
            )
        return self.known[key]

    def inputs(self, column: int) -> list[object]:
        """The tested value of the column at each cell of its axis."""
        if column not in self.tested:
            axis = self.axes[self.where[column]]
            run = compile_tree(self.builder.sheet.columns[column].expression)
            constants = self.builder.constants
            self.tested[column] = [
                run({**constants, **nested({axis.variable: value})}) for value in axis.values
            ]
        return self.tested[column]

    def allowed(self, whole: Masks) -> Masks:
        """The cells that the columns' allowed values let in."""
        domain = list(whole)
        for number, column in enumerate(self.builder.sheet.columns):
            if column.allowed is not None and self.axes[self.where[number]].variable:
                domain[self.where[number]] &= (
                    self.mask(number, column.allowed) or whole[self.where[number]]
                )
        return tuple(domain)
