"""Decision tables as grids of cells: from the text of a pack, and back into it."""

from __future__ import annotations

from dataclasses import dataclass

from dmn.errors import FeelError
from dmn.tables.text import DEFAULT, cells_of

POLICIES = ("U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#")


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    tests: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's cells as written. ``default``: what it gives where no row matches."""

    policy: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]
    default: tuple[str, ...] = ()


def read(text: str) -> Grid:
    """The cells of a table that ``dmn.read_table`` has read."""
    head, *lines = [cells for _line, cells in cells_of(text) if cells]
    edge = _edge(head)
    outputs = head[edge + 1 :] if edge else head[-1:]
    inputs = head[1 : edge or -1]
    default: tuple[str, ...] = ()
    rows = []
    for line in lines:
        cells = line
        if edge and edge < len(line) and not line[edge]:
            cells = [*line[:edge], *line[edge + 1 :]]
        if line[0] == DEFAULT:
            default = tuple([cell for cell in cells[1:] if cell][-len(outputs) :])
        else:
            count = 1 + len(inputs)
            rows.append(Row(line[0], tuple(cells[1:count]), tuple(cells[count:])))
    policy = "".join(head[0].split())
    return Grid(policy, tuple(inputs), tuple(outputs), tuple(rows), default)


def rewrite(text: str, grid: Grid) -> str:
    """The text of a table changed to say ``grid``: lines that stay equal stay as written."""
    if text and read(text) == grid:
        return text
    there: list[tuple[str, list[str]]] = []  # a row with the comments above it, and its cells
    above = ""
    for line, cells in cells_of(text):
        if cells:
            there.append((f"{above}{line}\n", cells))
            above = ""
        else:
            above += f"{line}\n"
    edge = _edge(there[0][1]) is not None if there else len(grid.outputs) > 1
    wanted = _lines(grid, edge or len(grid.outputs) > 1)
    sizes = [cells for cells in wanted if cells[0] != DEFAULT]
    widths = [max(map(len, column)) for column in zip(*sizes, strict=True)]
    made = []
    for cells in wanted:
        same = next((pair for pair in there if pair[1] == cells), None)
        if same is not None:
            there.remove(same)
            made.append(same[0])
        else:
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
            made.append(" | ".join(padded).rstrip() + "\n")
    return "".join(made) + above


def _lines(grid: Grid, has_edge: bool) -> list[list[str]]:
    """Every row of the text as its cells, an empty one for the edge between the parts."""
    edge = [""] if has_edge else []
    found = [[grid.policy, *grid.inputs, *edge, *grid.outputs]]
    found += [[row.label, *row.tests, *edge, *row.outputs] for row in grid.rows]
    if grid.default:
        found.append([DEFAULT, *([""] * len(grid.inputs)), *edge, *grid.default])
    return found


def _edge(head: list[str]) -> int | None:
    """The place of the empty cell that parts inputs from outputs."""
    return next((at for at, cell in enumerate(head) if at and not cell), None)


def is_cell(text: str) -> bool:
    """Whether a text can be one cell of a table."""
    try:
        lines = [cells for _line, cells in cells_of(f"1 | {text}") if cells]
    except FeelError:
        return False
    return lines == [["1", text]]
