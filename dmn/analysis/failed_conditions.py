"""Cells without `?` that match although what they say cannot be evaluated.

Such a cell is null then, and null equals an input that is null; under `not` it even counts as
unlike every other input. So by the letter of DMN a row is chosen because a value was missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dmn.analysis.atoms import Types, read_atoms, variable_of
from dmn.analysis.findings import Case, Finding, case_text, nested
from dmn.analysis.grid import AnalysedTable, Column
from dmn.analysis.search import Goal, find
from dmn.analysis.steps import sample_value
from dmn.errors import Place
from dmn.evaluate.compiler import Scope
from dmn.evaluate.rules import compile_tree
from dmn.feel import tree
from dmn.values import UNKNOWN

# What stands for a value by itself: that it is null is no failure.
_VALUES = (tree.Literal, tree.Name, tree.Path, tree.RangeLiteral, tree.CompareTest)


def failed_conditions(
    sheet: AnalysedTable, types: Types, constants: Mapping[str, object], nullable: Collection[str]
) -> list[Finding]:
    """One finding for each cell that can match by failing, with a case in which it does."""
    found = []
    for number, row in enumerate(sheet.rows, 1):
        for column, tests in zip(sheet.columns, row.tests, strict=True):
            case = _matching_by_failure(column, tests, types, constants, nullable)
            if case is not None:
                found.append(_finding(number, case, tree.place_of(tests)))
    return found


def _finding(number: int, case: Case, place: Place) -> Finding:
    shown = case_text(case)
    return Finding(
        "failed_condition",
        f"第 {number} 行的条件算不出结果时仍会命中，例如 {shown}；请先写明所用的值存在",
        f"row {number} matches although its condition cannot be evaluated, such as {shown}; "
        "say first that the values it uses are there",
        place,
        case,
        rows=(number,),
    )


def _matching_by_failure(
    column: Column,
    tests: tree.Node,
    types: Types,
    constants: Mapping[str, object],
    nullable: Collection[str],
) -> Case | None:
    """A case in which the cell matches because one of its tests fails to null."""
    if not isinstance(tests, tree.UnaryTests):
        return None
    run = compile_tree(tests)
    for test in tests.tests:
        case = _failing(test, types, constants, nullable)
        if case is None:
            continue
        for some, value in _inputs(column, case, types, constants, nullable):
            for whole in _completed(some, tests, types, constants, nullable):
                if run({**constants, **whole, "?": value}) is True:
                    return whole
    return None


def _completed(
    case: Case,
    tests: tree.Node,
    types: Types,
    constants: Mapping[str, object],
    nullable: Collection[str],
) -> Iterator[Case]:
    """The case with what the cell's other tests speak of: absent where it may be, and present."""
    names = [n for n in tree.names(tests) if n in types and n not in constants]
    rest = [n for n in names if n.partition(".")[0] not in case]
    yield {**case, **nested({n: None if n in nullable else sample_value(types[n]) for n in rest})}
    if any(n in nullable for n in rest):
        yield {**case, **nested({n: sample_value(types[n]) for n in rest})}


def _failing(
    test: tree.Node, types: Types, constants: Mapping[str, object], nullable: Collection[str]
) -> Case | None:
    """A case in which a test that does not speak of its input cannot be evaluated."""
    if isinstance(test, _VALUES) or any(isinstance(p, tree.Input) for p in tree.walk(test)):
        return None
    run = compile_tree(test)

    def fails(scope: Scope) -> object:
        value = run(scope)
        return UNKNOWN if value is UNKNOWN else value is None

    inputs = tuple(n for n in tree.names(test) if n in types and n not in constants)
    goal = Goal(fails, inputs, read_atoms(test, types, constants))
    return find([goal], types, constants=constants, nullable=nullable).case


def _inputs(
    column: Column,
    case: Case,
    types: Types,
    constants: Mapping[str, object],
    nullable: Collection[str],
) -> Iterator[tuple[Case, object]]:
    """The case with values of the column's input that may make the cell match, and each value."""
    variable = variable_of(column.expression, types, constants)
    if variable is None or variable.partition(".")[0] in case:
        value = compile_tree(column.expression)({**constants, **case})
        if value is not UNKNOWN:
            yield case, value
        return
    options = [None] if variable in nullable else []
    for value in (*options, sample_value(column.kind)):
        yield {**case, **nested({variable: value})}, value
