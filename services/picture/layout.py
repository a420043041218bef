"""Where each box and each line of a picture stands. Pure.

Boxes of one column stand below each other; those left of the conditions have heights of their own
from top to bottom, so a line may leave any of them to the right without meeting another box.
Between two columns is a channel with tracks: a source has one track in each channel in which it
turns, and two sources share one only where they do not meet. Sources leave at multiples of ``GRID``
and enter half of it beside, so no two lines of different sources ever run in one another.

A sheet is as high as A4 across is to its width; no box stands on the edge of two sheets, and tracks
go on at the same place of the next one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.picture.graph import APPROVE, Graph, Node
from services.picture.text import wrapped

GRID = 8  # between two lines
SIZE, NOTE = 12, 10  # of letters
LINE, NOTE_LINE = 16, 14  # of a line of text
PAD = 6
TOP, BOTTOM = 40, 14  # of a sheet: its title, and air
A4 = 190 / 277  # height to width of what is printed, across
WIDTHS = {"input": 190, "figure": 190, "table": 170, "condition": 330, "outcome": 120}


@dataclass(slots=True)
class Box:
    """A box; ``lines``: (text, size, is a note). ``head``: the name of the group it begins."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: list[tuple[str, float]]
    head: str = ""
    ports: dict[str, float] = field(default_factory=dict)  # heights at which lines enter


@dataclass(frozen=True, slots=True)
class Wire:
    """A line of two ends and one track: out at ``y1``, along ``track``, in at ``y2``."""

    source: str
    target: str
    x1: float
    y1: float
    track: float
    y2: float
    x2: float


@dataclass(slots=True)
class Layout:
    width: float
    sheet: float  # height of one
    boxes: list[Box]
    wires: list[Wire]

    @property
    def sheets(self) -> int:
        last = max(box.y + box.height for box in self.boxes)
        return max(1, math.ceil(last / self.sheet))


def lay_out(drawn: Graph) -> Layout:
    """Place everything; the sheet's height follows from the width that the tracks need."""
    sheet = 400.0
    while True:
        found = _Placing(drawn, sheet).layout()
        if found.width * A4 <= sheet:
            return found
        sheet = float(math.ceil(found.width * A4))


class _Placing:
    def __init__(self, drawn: Graph, sheet: float) -> None:
        self.drawn, self.sheet = drawn, sheet
        self.boxes = {one.id: self.box(one) for one in drawn.nodes}
        last = max((one.level for one in drawn.nodes), default=0)
        self.columns: list[list[Box]] = [
            [self.boxes[one.id] for one in drawn.nodes if self.is_left(one) and one.level == level]
            for level in range(last + 1)
        ]
        self.columns.append([b for b in self.boxes.values() if b.node.kind == "condition"])
        self.columns.append([b for b in self.boxes.values() if b.node.kind == "outcome"])

    @staticmethod
    def is_left(node: Node) -> bool:
        return node.kind in ("input", "figure", "table")

    def box(self, node: Node) -> Box:
        width = WIDTHS[node.kind]
        inner = width - 2 * PAD
        title = f"{node.mark} {node.words}".strip()
        lines = [(text, float(SIZE)) for text in wrapped(title, SIZE, inner)]
        sources = self.drawn.sources(node.id)
        notes = [node.note] if node.note else []
        if node.kind in ("condition", "table") and sources:
            notes.append("← " + " ".join(one.mark for one in sources))
        lines += [(text, float(NOTE)) for note in notes for text in wrapped(note, NOTE, inner)]
        text = sum(LINE if size == SIZE else NOTE_LINE for _, size in lines) + 2 * PAD
        ways = len(sources) if node.kind != "outcome" else 1
        least = max(text, (max(ways, 2) + 1) * GRID)
        return Box(node, 0, 0, width, math.ceil(least / GRID) * GRID, lines)

    def layout(self) -> Layout:
        y, group = float(TOP), ""
        for column in self.columns[:-2]:
            for box in column:
                box.head = box.node.group if box.node.group != group else ""
                group = box.node.group
                y = self.place(box, y)
        y = float(TOP)
        for box in self.columns[-2]:
            y = self.place(box, y)
        y = float(TOP)
        for box in self.columns[-1]:
            y = self.place(box, y) + 2 * GRID
        self.enter()
        x, wires = 0.0, []
        for number, column in enumerate(self.columns):
            tracks = self.tracks(number)
            x += (max(tracks.values(), default=-1) + 3) * GRID if number else 0
            for box in column:
                box.x = x
            wires += self.wires(number, tracks, x)
            x += max((box.width for box in column), default=0)
        width = x + 2
        return Layout(width, self.sheet, list(self.boxes.values()), wires)

    def place(self, box: Box, y: float) -> float:
        """Put a box at ``y`` or, where it would not fit, on the next sheet; what is free below."""
        head = LINE if box.head else 0
        y = math.ceil(y / GRID) * GRID
        used = y % self.sheet
        if used < TOP or used + head + box.height > self.sheet - BOTTOM:
            start = math.floor(y / self.sheet) + (0 if used < TOP else 1)
            y = math.ceil((start * self.sheet + TOP) / GRID) * GRID
        box.y = y + head
        return float(box.y + box.height + GRID)

    def enter(self) -> None:
        """Where lines enter each box: half a grid beside the heights at which they leave."""
        for box in self.boxes.values():
            sources = sorted(self.drawn.sources(box.node.id), key=lambda one: self.boxes[one.id].y)
            if box.node.kind == "outcome":
                middle = math.floor(box.height / 2 / GRID) * GRID + GRID / 2
                box.ports = {one.id: box.y + middle for one in sources}
            else:
                first = box.y + GRID / 2
                box.ports = {one.id: first + n * GRID for n, one in enumerate(sources)}

    def leaves(self, box: Box, target: Box) -> float:
        """Where a line leaves; to an approval a step above what follows when it is unmet."""
        middle = box.y + math.floor(box.height / 2 / GRID) * GRID
        return middle - (GRID if target.node.id == f"outcome:{APPROVE}" else 0)

    def key(self, box: Box, target: Box) -> str:
        """Whose track a line takes: its source's, or the one of all that lead to an outcome."""
        return target.node.id if target.node.kind == "outcome" else box.node.id

    def tracks(self, number: int) -> dict[str, int]:
        """The number of each track in the channel before a column; shared where none meet."""
        spans: dict[str, tuple[float, float]] = {}
        for target in self.columns[number]:
            for id_, port in target.ports.items():
                source = self.boxes[id_]
                ends = port, self.leaves(source, target)
                low, high = spans.get(self.key(source, target), ends)
                spans[self.key(source, target)] = min(low, *ends), max(high, *ends)
        found: dict[str, int] = {}
        free: list[float] = []  # of each track: below which height it is free
        for key, (low, high) in sorted(spans.items(), key=lambda item: item[1]):
            at = next((n for n, end in enumerate(free) if end + GRID <= low), len(free))
            free[at : at + 1] = [high]
            found[key] = at
        return found

    def wires(self, number: int, tracks: dict[str, int], x: float) -> list[Wire]:
        found = []
        for target in self.columns[number]:
            for id_, port in target.ports.items():
                source = self.boxes[id_]
                track = x - (tracks[self.key(source, target)] + 1.5) * GRID
                x1 = source.x + source.width
                y1 = self.leaves(source, target)
                found.append(
                    Wire(
                        source=id_,
                        target=target.node.id,
                        x1=x1,
                        y1=y1,
                        track=track,
                        y2=port,
                        x2=target.x,
                    )
                )
        return found


def on_sheet(layout: Layout, number: int) -> tuple[Sequence[Box], Sequence[Wire]]:
    """The boxes of a sheet, and the lines that are seen on it."""
    top, end = number * layout.sheet, (number + 1) * layout.sheet
    boxes = [one for one in layout.boxes if top <= one.y < end]
    wires = [
        one for one in layout.wires if min(one.y1, one.y2) < end and max(one.y1, one.y2) >= top
    ]
    return boxes, wires
