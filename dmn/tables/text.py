"""Decision tables as plain text, one row a line, cells parted by `|`.

    U | permit       | fee
    1 | "valid"      | 0
    2 | not("valid") | 5

The head gives the hit policy (with its aggregator: `C+`), an expression for each input, and
the name of each output; `||` parts inputs from outputs, else the last column is the output.
The first cell of a row is its label; the row `default` holds the outputs when none matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dmn.errors import FeelModelError, Place
from dmn.feel import tree
from dmn.feel.punctuation import Lines
from dmn.language import Dialect, parse
from dmn.tables.model import Input, Output, Rule, Table
from dmn.types import Function, Type

_CELL = re.compile(r'(?:"(?:[^"\\\n]|\\.)*"|[^|"\n])*')
DEFAULT = "default"


class Cell(NamedTuple):
    text: str
    start: int


class _Reader:
    def __init__(self, text: str, dialect: Dialect, names: Mapping[str, Type | None]) -> None:
        self.text = text
        self.lines = Lines(text)
        self.dialect: Dialect = dialect
        self.names = names
        self.functions: Mapping[str, Function] = {}

    def place(self, cell: Cell) -> Place:
        return self.lines.place(cell.start, cell.start + len(cell.text))

    def rows(self) -> list[list[Cell]]:
        found = []
        for line in re.finditer(r"[^\n]+", self.text):
            if line[0].strip() and not line[0].lstrip().startswith("//"):
                found.append(self._cells(line.start(), line.end()))
        return found

    def _cells(self, at: int, end: int) -> list[Cell]:
        cells = []
        while True:
            match = _CELL.match(self.text, at, end)
            assert match
            stop = match.end()
            if stop < end and self.text[stop] == '"':
                place = self.lines.place(stop, end)
                raise FeelModelError("table.quote", "引号没有成对", "a quote is not closed", place)
            raw = match[0]
            cells.append(Cell(raw.strip(), at + len(raw) - len(raw.lstrip())))
            if stop >= end:
                return cells
            at = stop + 1

    def read(self, cell: Cell, kind: str = "expression") -> tree.Node:
        """The cell's tree, its places being those in the whole text."""
        before = re.sub(r"[^\n]", " ", self.text[: cell.start])
        return parse(
            before + cell.text,
            dialect=self.dialect,
            kind=kind,  # type: ignore[arg-type]
            names=self.names,
            functions=self.functions,
        )


def cells(text: str) -> list[list[Cell]]:
    """The cells of each row as they are written, the head first, and the offset of each.

    Comments and empty lines are no rows. Raises ``FeelModelError`` for a quote that is not closed.
    """
    return _Reader(text, "feel", {}).rows()


def cells_of(text: str) -> list[tuple[str, list[str]]]:
    """Each line of a table with its cells, as written; those of blank lines and comments: none.

    FeelModelError for a quote that is not closed.
    """
    reader = _Reader(text, "feel", {})
    found = []
    for line in re.finditer(r"[^\n]+", text):
        is_row = line[0].strip() and not line[0].lstrip().startswith("//")
        cells = reader._cells(line.start(), line.end()) if is_row else []
        found.append((line[0], [cell.text for cell in cells]))
    return found


def read_table(
    text: str,
    *,
    names: Mapping[str, Type | None] | Iterable[str] = (),
    dialect: Dialect = "feel",
    functions: Mapping[str, Function] | None = None,
    nullable: Iterable[str] | None = None,
) -> Table:
    """The table; FeelError with the place in the text for what is wrong.

    names: the inputs in scope, with their types when known; nullable: the names that may be
    null (all, unless given), which decides what an UNKNOWN input may turn out to be.
    """
    known = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names)
    reader = _Reader(text, dialect, known)
    reader.functions = functions or {}
    head, *rows = reader.rows() or [[]]
    if len(head) < 2 or not rows:
        raise FeelModelError("table.empty", "决策表没有行", "the table has no rows")
    edge = next((at for at, cell in enumerate(head) if at and not cell.text), None)
    outputs = head[edge + 1 :] if edge else head[-1:]
    inputs = head[1 : edge or -1]
    may_be_null = set(known if nullable is None else nullable)
    policy, aggregator = head[0].text[:1], head[0].text[1:].strip()
    columns = [_input(reader, cell, known, may_be_null) for cell in inputs]
    rules, defaults = [], [None] * len(outputs)
    for row in rows:
        cells = _without_edge(row, edge)
        if row[0].text == DEFAULT:
            wanted = [cell for cell in cells[1:] if cell.text][-len(outputs) :]
            defaults = [reader.read(cell) for cell in wanted]  # type: ignore[misc]
            continue
        rules.append(_rule(reader, cells, len(columns), len(outputs)))
    several = len(outputs) > 1
    return Table(
        tuple(columns),
        tuple(
            Output(cell.text if several else "", default=default, place=reader.place(cell))
            for cell, default in zip(outputs, defaults, strict=True)
        ),
        tuple(rules),
        policy,  # type: ignore[arg-type]
        aggregator,  # type: ignore[arg-type]
        reader.place(head[0]),
    )


def _without_edge(row: list[Cell], edge: int | None) -> list[Cell]:
    if edge is None or edge >= len(row) or row[edge].text:
        return row
    return [*row[:edge], *row[edge + 1 :]]


def _input(
    reader: _Reader, cell: Cell, known: Mapping[str, Type | None], nullable: set[str]
) -> Input:
    node = reader.read(cell)
    name = node.name if isinstance(node, tree.Name) else None
    return Input(
        node,
        known.get(name) if name else None,
        nullable=name is None or name in nullable,
        place=reader.place(cell),
    )


def _rule(reader: _Reader, cells: list[Cell], inputs: int, outputs: int) -> Rule:
    place = reader.place(cells[0])
    if len(cells) != 1 + inputs + outputs:
        raise FeelModelError(
            "table.row",
            f"第 {cells[0].text} 行有 {len(cells)} 格，应为 {1 + inputs + outputs} 格",
            f"row {cells[0].text} has {len(cells)} cells instead of {1 + inputs + outputs}",
            place,
        )
    for cell in cells[1:]:
        if not cell.text:
            raise FeelModelError(
                "table.cell",
                "格子为空；任意值请写 -",
                "this cell is empty; write - for any value",
                reader.place(cell),
            )
    tests = tuple(reader.read(cell, "unary_tests") for cell in cells[1 : 1 + inputs])
    results = tuple(reader.read(cell) for cell in cells[1 + inputs :])
    return Rule(tests, results, cells[0].text, place)  # type: ignore[arg-type]
