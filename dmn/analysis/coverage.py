"""Which cells of a table no row covers, and which rows meet: bitmasks over elementary cells.

An axis has cells numbered from 0; a row has, per axis, a mask of the cells it accepts. The
search for an uncovered cell goes axis by axis with the set of rows still alive as one integer.
A state (axis, alive rows) that was found covered is never looked at again, and of several cells
only those that leave the smallest sets alive are tried: if those are covered, so are the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Masks = tuple[int, ...]  # one mask of cells per axis
STATES = 100_000


class TooMany(Exception):
    """The search was given up: more states than granted."""


@dataclass(slots=True)
class Coverage:
    """Finds cells of a domain that none of the rows covers.

    sizes: cells per axis; rows: masks of cells per axis. Raises TooMany beyond `states`.
    """

    sizes: Sequence[int]
    rows: list[Masks]
    states: int = STATES
    _order: list[int] = field(default_factory=list)

    def uncovered(self, domain: Masks | None = None) -> Masks | None:
        """A largest box of uncovered cells that cannot be widened, None when all are covered."""
        whole = tuple((1 << size) - 1 for size in self.sizes)
        box = domain or whole
        axes = sorted(
            range(len(self.sizes)),
            key=lambda axis: -sum(row[axis] & box[axis] != box[axis] for row in self.rows),
        )
        alive_at = [_rows_at(self.rows, axis, box[axis]) for axis in axes]
        found = _Search(alive_at, self._free_from(axes, box), self.states).start(len(self.rows))
        if found is None:
            return None
        cells = dict(zip(axes, found, strict=False))
        point = tuple(
            1 << cells[axis] if axis in cells else box[axis] for axis in range(len(self.sizes))
        )
        return widen(point, self.rows, box)

    def boxes(self, limit: int, domain: Masks | None = None) -> list[Masks]:
        """Up to `limit` uncovered boxes that share no cell."""
        found: list[Masks] = []
        rows = list(self.rows)
        while len(found) < limit:
            box = Coverage(self.sizes, rows, self.states).uncovered(domain)
            if box is None:
                break
            found.append(box)
            rows.append(box)
        return found

    def _free_from(self, axes: list[int], box: Masks) -> list[int]:
        """For each position in the order: the rows that accept everything from there on."""
        free = [(1 << len(self.rows)) - 1]
        for axis in reversed(axes):
            any_here = sum(
                1 << number
                for number, row in enumerate(self.rows)
                if row[axis] & box[axis] == box[axis]
            )
            free.append(free[-1] & any_here)
        return free[::-1]


def _rows_at(rows: list[Masks], axis: int, domain: int) -> dict[int, int]:
    """Distinct sets of rows that a cell of the axis leaves alive, with one such cell."""
    found: dict[int, int] = {}
    cell = 0
    while domain >> cell:
        if domain >> cell & 1:
            alive = sum(1 << number for number, row in enumerate(rows) if row[axis] >> cell & 1)
            found.setdefault(alive, cell)
        cell += 1
    return found


@dataclass(slots=True)
class _Search:
    alive_at: list[dict[int, int]]
    free: list[int]
    left: int
    covered: set[tuple[int, int]] = field(default_factory=set)

    def start(self, rows: int) -> list[int] | None:
        if any(not cells for cells in self.alive_at):
            return None  # an axis without cells: there is no case at all
        return self.look(0, (1 << rows) - 1)

    def look(self, axis: int, alive: int) -> list[int] | None:
        if not alive:
            return []
        if alive & self.free[axis] or (axis, alive) in self.covered:
            return None
        self.left -= 1
        if self.left < 0:
            raise TooMany
        nexts: dict[int, int] = {}
        for rows, cell in self.alive_at[axis].items():
            nexts.setdefault(alive & rows, cell)
        for smallest in _minimal(nexts):
            rest = self.look(axis + 1, smallest)
            if rest is not None:
                return [nexts[smallest], *rest]
        self.covered.add((axis, alive))
        return None


def _minimal(sets: dict[int, int]) -> list[int]:
    """The sets that contain no other, smallest first."""
    kept: list[int] = []
    for one in sorted(sets, key=int.bit_count):
        if not any(other & one == other for other in kept):
            kept.append(one)
    return kept


def meet(one: Masks, two: Masks) -> Masks | None:
    """The box of cells that two rows share, None when there are none."""
    both = tuple(a & b for a, b in zip(one, two, strict=True))
    return both if all(both) else None


def widen(box: Masks, rows: list[Masks], domain: Masks) -> Masks:
    """The box grown axis by axis as far as no row reaches into it."""
    grown = list(box)
    for axis in range(len(grown)):
        taken = 0
        for row in rows:
            if all(row[a] & grown[a] for a in range(len(grown)) if a != axis):
                taken |= row[axis]
        grown[axis] = domain[axis] & ~taken
    return tuple(grown)
