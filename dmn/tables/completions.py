"""What an UNKNOWN input of a table may turn out to be: one value for each way its tests can go.

Tests that compare with literals cut the values of a column into finitely many cells; one value
of each cell stands for all. None is given where the tests say more than that.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from dmn import types as t
from dmn.feel import tree
from dmn.operators.comparison import same
from dmn.tables.model import Table
from dmn.values.decimals import CONTEXT
from dmn.values.temporal import YearsMonths

_KINDS = {
    Decimal: t.NUMBER,
    str: t.STRING,
    bool: t.BOOLEAN,
    date: t.DATE,
    timedelta: t.DAYS_TIME,
    YearsMonths: t.YEARS_MONTHS,
}
_SAMPLES: dict[t.Type, object] = {
    t.NUMBER: Decimal(0),
    t.STRING: "",
    t.DATE: date(2000, 1, 1),
    t.DAYS_TIME: timedelta(),
    t.YEARS_MONTHS: YearsMonths(0),
}
OTHER: dict[str, object] = {}  # of no kind that a literal has


def completions(table: Table, column: int) -> list[object] | None:
    """Values that try every cell of the column, null among them where it may be null."""
    clause = table.inputs[column]
    cells = [rule.tests[column] for rule in table.rules]
    points: list[object] = []
    for cell in cells:
        for test in cell.tests:
            if not _collect(test, points):
                return None
    made: list[object] = [None] if clause.nullable else []
    kind = t.base_type(clause.type) if clause.type else None
    if kind == t.ANY:
        kind = None
    if kind is not None and kind not in _KINDS.values():
        return [*made, OTHER] if not points else None
    if clause.type is not None and clause.type.allowed is not None:
        return [*made, *clause.type.allowed]
    if kind in (t.BOOLEAN, None):
        made += [True, False]
    for of, name in _KINDS.items():
        if of is not bool and kind in (name, None):
            made += _around(of, [p for p in points if p.__class__ is of])
    if kind is None:
        made.append(OTHER)
    return made


def _collect(test: tree.Node, points: list[object]) -> bool:
    """Gather the literals that the test compares with; False for a test that does more."""
    match test:
        case tree.Literal(value=value):
            points.append(value)
            return value is None or value.__class__ in _KINDS
        case tree.Negation(operand=tree.Literal(value=Decimal() as value)):
            points.append(CONTEXT.minus(value))
            return True
        case tree.CompareTest(value=value):
            return _collect(value, points)
        case tree.RangeLiteral(low=low, high=high):
            return all(_collect(end, points) for end in (low, high) if end)
        case tree.ListLiteral(items=items):
            return all(_collect(item, points) for item in items)
    return False


def _around(kind: type, points: list[object]) -> list[object]:
    """The points, one value between each two, one below all and one above all."""
    if not points:
        return [_SAMPLES[_KINDS[kind]]]
    line: list[object] = []
    for point in sorted(points):  # type: ignore[type-var]
        if not line or not same(line[-1], point):
            line.append(point)
    made = [_beside(line[0], -1)]
    for low, high in zip(line, [*line[1:], None], strict=True):
        made += [low, _beside(low, 1) if high is None else _between(low, high)]
    return made


def _beside(value: object, sign: int) -> object:
    match value:
        case Decimal():
            return CONTEXT.add(value, Decimal(sign))
        case str():
            return value + "\0" if sign > 0 else ""
        case date():
            edge = date.max if sign > 0 else date.min
            return value if value == edge else value + timedelta(days=sign)
        case timedelta():
            return value + timedelta(microseconds=sign)
        case YearsMonths():
            return YearsMonths(value.months + sign)
    raise TypeError(value)


def _between(low: object, high: object) -> object:
    """A value strictly between; one of the two where nothing lies between them."""
    match low, high:
        case Decimal(), Decimal():
            return CONTEXT.divide(CONTEXT.add(low, high), Decimal(2))
        case str(), str():
            return low + "\0"
        case YearsMonths(), YearsMonths():
            return YearsMonths((low.months + high.months) // 2)
        case (date(), date()) | (timedelta(), timedelta()):
            return low + (high - low) / 2  # type: ignore[operator]
    raise TypeError(low)
