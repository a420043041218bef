"""Decision tables on the page of a draft: the grid that is shown, and the changes that it sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city.source import Path
from dmn.errors import FeelError
from services.desk.examined import Board, cell_id, cells
from services.editing import edits, fields, grid
from services.editing.fields import Words
from services.editing.grid import GridRefused
from services.editing.scope import Scope

POLICIES: Sequence[tuple[str, Words]] = (  # DMN 1.5, 8.2.11
    ("U", ("唯一命中", "unique")),
    ("A", ("任一命中，结果相同", "any, with equal results")),
    ("P", ("按结果优先", "by priority of the result")),
    ("F", ("首个命中", "the first")),
    ("R", ("全部，按行序", "all, in the order of rows")),
    ("O", ("全部，按结果优先", "all, by priority of the result")),
    ("C", ("全部", "all")),
    ("C+", ("全部之和", "sum of all")),
    ("C<", ("全部中最小", "least of all")),
    ("C>", ("全部中最大", "greatest of all")),
    ("C#", ("命中行数", "number of rows that hold")),
)
BUTTONS: Sequence[tuple[str, str, Words]] = (
    ("add", "+", ("在其下添加一行", "Add a row below")),
    ("up", "↑", ("上移", "Move up")),
    ("down", "↓", ("下移", "Move down")),
    ("remove", "×", ("删除该行", "Remove the row")),
)


@dataclass(frozen=True, slots=True)
class Head:
    """A column in words: what it is called, what type its cells have, what they count."""

    cell: Cell
    label: Words
    type: str
    unit: Words
    is_output: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the grid: its element and name, what stands in it, what is wrong with it."""

    id: str
    name: str
    text: str
    column: int
    faults: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Shown:
    """One table on the page; ``problem`` says why there is no grid of it."""

    path: Path
    title: str
    label: Words
    law: str
    policy: str = ""
    heads: Sequence[Head] = ()
    rows: Sequence[Row] = ()
    problem: Words = ("", "")

    @property
    def name(self) -> str:
        return fields.pointer(self.path)

    @property
    def id(self) -> str:
        return fields.element_id(self.path)


def paths(data: Mapping[str, Any]) -> Iterator[tuple[str, Path, str]]:
    """Each table of a pack: its name, where its text stands, and the text."""
    named = data.get("tables")
    for name, part in named.items() if isinstance(named, dict) else ():
        if isinstance(part, str):
            yield name, ("tables", name), part
        elif isinstance(part, dict) and isinstance(part.get("table"), str):
            yield name, ("tables", name, "table"), part["table"]
    filings = data.get("filings")
    if isinstance(filings, dict) and isinstance(filings.get("table"), str):
        yield "filings", ("filings", "table"), filings["table"]


def shown(
    data: Mapping[str, Any], scope: Scope, board: Board, typed: Mapping[str, str]
) -> list[Shown]:
    """The tables of a draft, with what was typed in place of what is kept; faults at their cells.

    What is wrong with a cell joins ``board``.
    """
    found = []
    for name, path, text in paths(data):
        label, law = scope.label(name), ""
        if path[0] == "tables" and len(path) == 3:
            law = str(data["tables"][name].get("law", ""))
        try:
            read = grid.read(text)
        except FeelError as error:
            found.append(Shown(path, name, label, law, problem=(error.zh, error.en)))
            continue
        checked = grid.check(read, scope.above.get(name, scope.names)) if scope.names else None
        if checked is not None:
            cells(board, path, checked.faults, 0)
        columns = checked.columns if checked else ()
        found.append(_shown(path, name, (label, law), read.shown(), (columns, scope, board, typed)))
    return found


def _shown(
    path: Path, title: str, words: tuple[Words, str], rows: list[list[str]], given: Any
) -> Shown:
    columns, scope, board, typed = given
    name = fields.pointer(path)

    def cell(row: int, column: int) -> Cell:
        field, at = f"{name}:{row}:{column}", cell_id(path, row, column)
        text = typed.get(field, rows[row][column])
        return Cell(at, field, text, column, board.by_id.get(at, ()))

    heads = []
    for column in range(1, len(rows[0])):
        one, known = cell(0, column), columns[column - 1] if columns else None
        kind = str(known.type) if known and known.type else ""
        is_output = bool(known and known.is_output) or (not columns and column == len(rows[0]) - 1)
        label, unit = scope.label(one.text), scope.unit(one.text)
        heads.append(Head(one, label, kind, unit, is_output))
    shown_rows = [
        Row(row, [cell(row, column) for column in range(len(rows[row]))])
        for row in range(1, len(rows))
    ]
    policy = cell(0, 0).text.replace(" ", "")
    label, law = words
    return Shown(path, title, label, law, policy=policy, heads=heads, rows=shown_rows)


class CellRefused(Exception):
    """A change that a cell cannot take: ``id`` of its field, and why."""

    def __init__(self, path: Path, error: GridRefused) -> None:
        super().__init__(path, error)
        self.id = cell_id(path, error.row, error.column)
        self.zh, self.en = error.zh, error.en


def edited(text: str, data: Mapping[str, Any], form: Mapping[str, str]) -> str:
    """The pack's text with the cells that a form has changed; raises ``CellRefused``."""
    for _name, path, table in paths(data):
        made = _with_cells(path, table, form)
        if made != table:
            text = edits.set_value(text, path, made)
    return text


def _with_cells(path: Path, table: str, form: Mapping[str, str]) -> str:
    name = fields.pointer(path)
    try:
        before = grid.read(table).shown()
    except FeelError:
        return table
    made = table
    for row, cells_of_row in enumerate(before):
        for column, kept in enumerate(cells_of_row):
            typed = form.get(f"{name}:{row}:{column}")
            if typed is None or typed.strip() == kept:
                continue
            try:
                made = grid.set_cell(made, row, column, typed)
            except GridRefused as error:
                raise CellRefused(path, error) from error
    return made


def moved(text: str, data: Mapping[str, Any], verb: str, name: str, row: int) -> str:
    """The pack's text with a row of a table added, removed or moved; raises ``CellRefused``."""
    for _name, path, table in paths(data):
        if fields.pointer(path) != name:
            continue
        try:
            match verb:
                case "add":
                    made = grid.add_row(table, row)
                case "remove":
                    made = grid.remove_row(table, row)
                case _:
                    made = grid.move_row(table, row, -1 if verb == "up" else 1)
        except GridRefused as error:
            raise CellRefused(path, error) from error
        return edits.set_value(text, path, made)
    return text
