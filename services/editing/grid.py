"""A decision table's text as a grid: its cells, rows and hit policy changed one by one. Pure.

The text is what the pack keeps (``dmn.tables.text``). A change goes into the span of its cell; the
spaces beside it give way, so that the columns stay in line where they can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dmn
from dmn import types as t
from dmn.errors import FeelError
from dmn.language import Kind
from dmn.tables.text import DEFAULT, Cell, cells
from dmn.types import Type
from services.functions import FUNCTIONS

POLICIES = ("U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#")
ANY = "-"
_NUMBER = re.compile(r"[0-9]{1,6}")


class GridRefused(Exception):
    """A change that would make another table of it: the cell (row, column), and why."""

    def __init__(self, row: int, column: int, zh: str, en: str) -> None:
        super().__init__(row, column, zh, en)
        self.row, self.column, self.zh, self.en = row, column, zh, en


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, the head first (row 0); the first cell of a row is its label.

    ``outputs`` is the place of the first output column; ``edge`` that of the empty column of
    ``||``, which parts inputs from outputs, or None.
    """

    text: str
    rows: tuple[tuple[Cell, ...], ...]
    outputs: int
    edge: int | None

    def shown(self) -> list[list[str]]:
        """The cells as texts, without the column of ``||``."""
        return [[cell.text for at, cell in enumerate(row) if at != self.edge] for row in self.rows]


def read(text: str) -> Grid:
    """The grid of a table's text; raises ``FeelError`` where rows and columns are not to be told.

    Each row has as many cells as the head.
    """
    rows = cells(text)
    if len(rows) < 2 or len(rows[0]) < 2:
        raise dmn.FeelModelError("table.empty", "决策表没有行", "the table has no rows")
    head = rows[0]
    edge = next((at for at, cell in enumerate(head) if at and not cell.text), None)
    for number, row in enumerate(rows):
        if len(row) != len(head):
            raise dmn.FeelModelError(
                "table.row",
                f"第 {row[0].text or number} 行有 {len(row)} 格，表头有 {len(head)} 格",
                f"row {row[0].text or number} has {len(row)} cells, and the head {len(head)}",
            )
    outputs = edge + 1 if edge else len(head) - 1
    return Grid(text, tuple(map(tuple, rows)), outputs, edge)


def set_cell(text: str, row: int, column: int, value: str) -> str:
    """The table with another text in one cell; raises ``GridRefused``.

    A cell is one line without `|` outside quotes, and never empty.
    """
    grid, value = read(text), value.strip()
    cell = _cell(grid, row, column)
    if value == cell.text:
        return text
    if "\n" in value or "\r" in value:
        raise GridRefused(row, column, "一格只能写一行", "a cell is one line")
    if not value:
        raise GridRefused(row, column, "格子为空；任意值请写 -", "an empty cell: write - for any")
    start, end = cell.start, cell.start + len(cell.text)
    spaces = len(text) - end - len(text[end:].lstrip(" "))
    wider = len(value) - len(cell.text)
    is_last = end + spaces >= len(text) or text[end + spaces] != "|"
    pad = "" if is_last else " " * max(1 if spaces else 0, spaces - wider)
    tail = text[end + spaces :]
    made = text[:start] + value + (text[end : end + spaces] if is_last else pad) + tail
    wanted = [list(cells) for cells in grid.shown()]
    wanted[row][column] = value
    try:
        found = read(made).shown()
    except FeelError as error:
        raise GridRefused(row, column, error.zh, error.en) from error
    if found != wanted:
        zh, en = "这里不能有 |、未成对的引号或 //", "no |, open quote or // may stand here"
        raise GridRefused(row, column, zh, en)
    return made


def add_row(text: str, after: int) -> str:
    """The table with a copy of a row below it, under a label of its own."""
    grid = read(text)
    _require_row(grid, after)
    lines, at = _lines(text), _line_of(text, grid, after)
    label = grid.rows[after][0]
    new = _label(grid)
    gap = label.start - text.rfind("\n", 0, label.start) - 1
    line = lines[at]
    rest = line[gap + len(label.text) :]
    spaces = len(rest) - len(rest.lstrip(" "))
    kept = " " * max(1, spaces - (len(new) - len(label.text))) + rest.lstrip(" ")
    lines.insert(at + 1, line[:gap] + new + kept)
    return _joined(lines, text)


def remove_row(text: str, row: int) -> str:
    """The table without a row; the last one stays."""
    grid = read(text)
    _require_row(grid, row)
    if len(grid.rows) == 2:
        raise GridRefused(row, 0, "表中至少要有一行", "a table has a row at least")
    lines = _lines(text)
    del lines[_line_of(text, grid, row)]
    return _joined(lines, text)


def move_row(text: str, row: int, by: int) -> str:
    """The table with a row and the one above (``by`` -1) or below it (1) in each other's place."""
    grid = read(text)
    _require_row(grid, row)
    other = row + by
    if not 1 <= other < len(grid.rows):
        return text
    lines = _lines(text)
    one, two = _line_of(text, grid, row), _line_of(text, grid, other)
    lines[one], lines[two] = lines[two], lines[one]
    return _joined(lines, text)


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _joined(lines: Sequence[str], before: str) -> str:
    made = "\n".join(lines)
    return (
        made
        if made.endswith("\n") == before.endswith("\n")
        else made.rstrip("\n") + ("\n" if before.endswith("\n") else "")
    )


def _line_of(text: str, grid: Grid, row: int) -> int:
    return text.count("\n", 0, grid.rows[row][0].start)


def _require_row(grid: Grid, row: int) -> None:
    if not 1 <= row < len(grid.rows):
        raise GridRefused(row, 0, "没有这一行", "there is no such row")


def _label(grid: Grid) -> str:
    """A label that no row has: the next number, or one behind the word of rows."""
    labels = [row[0].text for row in grid.rows[1:]]
    numbers = [int(label) for label in labels if _NUMBER.fullmatch(label)]
    if numbers:
        return str(max(numbers) + 1)
    return next(made for n in range(1, 10_000) if (made := f"row_{n}") not in labels)


def _cell(grid: Grid, row: int, column: int) -> Cell:
    if not 0 <= row < len(grid.rows):
        raise GridRefused(row, column, "没有这一格", "there is no such cell")
    kept = [cell for at, cell in enumerate(grid.rows[row]) if at != grid.edge]
    if not 0 <= column < len(kept):
        raise GridRefused(row, column, "没有这一格", "there is no such cell")
    return kept[column]


@dataclass(frozen=True, slots=True)
class Column:
    """A column in words: what it compares or gives, its type; ``type`` is None where it has none.

    ``type`` of an output is that of its cells, together.
    """

    text: str
    is_output: bool
    type: Type | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The columns of a grid, and what is wrong in which cell: (row, column) -> (zh, en)."""

    columns: tuple[Column, ...]
    faults: Mapping[tuple[int, int], tuple[str, str]]


def check(grid: Grid, names: Mapping[str, Type]) -> Checked:
    """Every cell by itself: an input as FEEL unary test of its column, an output as expression."""
    shown, faults = grid.shown(), dict[tuple[int, int], tuple[str, str]]()

    def type_of(row: int, column: int, tested: Type | None = None) -> Type | None:
        """The type of a cell; None for a fault, which is kept. ``tested``: of a cell of tests."""
        kind: Kind = "expression" if tested is None else "unary_tests"
        text = shown[row][column]
        try:
            node = dmn.parse(text, dialect="total", kind=kind, names=names, functions=FUNCTIONS)
            return dmn.check(node, names if tested is None else {**names, "?": tested})
        except FeelError as error:
            faults[row, column] = (error.zh, error.en)
            return None

    policy = shown[0][0].replace(" ", "")
    if policy not in POLICIES:
        faults[0, 0] = (f"命中策略 {policy} 不存在", f"there is no hit policy {policy}")
    outputs = grid.outputs - (1 if grid.edge is not None else 0)
    columns = []
    for column in range(1, len(shown[0])):
        rows = range(1, len(shown))
        if column >= outputs:
            kinds = {t.base_type(kind) for row in rows if (kind := type_of(row, column))}
            columns.append(Column(shown[0][column], True, kinds.pop() if len(kinds) == 1 else None))
            continue
        kind = type_of(0, column)
        columns.append(Column(shown[0][column], False, kind))
        for row in rows:
            if shown[row][0] != DEFAULT:
                type_of(row, column, kind or t.ANY)
    return Checked(tuple(columns), faults)
