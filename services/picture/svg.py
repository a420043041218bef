"""A picture as SVG, one document a sheet of A4: attributes only, no style and no script. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from services.picture.graph import Graph
from services.picture.layout import LINE, NOTE, NOTE_LINE, PAD, SIZE, Box, Layout, Wire, on_sheet

FONTS = "Noto Sans CJK SC, Noto Sans SC, Microsoft YaHei, PingFang SC, DejaVu Sans, sans-serif"
# corners of a box, and how thick its edge is
SHAPES = {
    "input": (14, 1.0),
    "figure": (0, 0.8),
    "table": (0, 2.4),
    "condition": (3, 1.2),
    "outcome": (18, 2.4),
}


def sheets(drawn: Graph, layout: Layout, title: str) -> list[str]:
    """One ``<svg>`` a sheet, each with its title and number."""
    return ["".join(_sheet(layout, number, title)) for number in range(layout.sheets)]


def _sheet(layout: Layout, number: int, title: str) -> Iterator[str]:
    top, name = number * layout.sheet, f"{title} {number + 1}/{layout.sheets}"
    boxes, wires = on_sheet(layout, number)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(name)}'
        f' viewBox="0 {top:g} {layout.width:g} {layout.sheet:g}" font-family={quoteattr(FONTS)}'
        ' fill="#fff" stroke="#000">'
    )
    yield f"<title>{escape(name)}</title>"
    size = f'width="{layout.width:g}" height="{layout.sheet:g}"'
    yield f'<rect x="0" y="{top:g}" {size} stroke="none"/>'
    yield _text(0, top + 20, name, 14, bold=True)
    yield from map(_wire, wires)
    for x, y in sorted(_junctions(wires)):
        yield f'<circle cx="{x:g}" cy="{y:g}" r="2.2" fill="#000" stroke="none"/>'
    for box in boxes:
        yield from _box(box)
    yield "</svg>"


def _wire(one: Wire) -> str:
    d = f"M{one.x1:g} {one.y1:g}H{one.track:g}V{one.y2:g}H{one.x2 - 5:g}"
    head = f"M{one.x2 - 5:g} {one.y2 - 2.5:g}l5 2.5l-5 2.5z"
    edge = quoteattr(f"{one.source}>{one.target}")
    return (
        f'<g data-edge={edge}><path d="{d}" fill="none" stroke-width="0.8"/>'
        f'<path d="{head}" fill="#000" stroke="none"/></g>'
    )


def _junctions(wires: Sequence[Wire]) -> set[tuple[float, float]]:
    """Where lines of one track part or come together: crossings have no dot."""
    ends: dict[float, set[tuple[float, float]]] = {}
    for one in wires:
        ends.setdefault(one.track, set()).add((one.y1, one.y2))
    found = {
        (track, y)
        for track, pairs in ends.items()
        for y in {y for pair in pairs for y in pair}
        if any(min(a, b) < y < max(a, b) for a, b in pairs)
    }
    farthest: dict[tuple[str, float], float] = {}
    for one in wires:
        key = one.source, one.y1
        farthest[key] = max(farthest.get(key, 0), one.track)
    return found | {
        (one.track, one.y1) for one in wires if one.track < farthest[one.source, one.y1]
    }


def _box(box: Box) -> Iterator[str]:
    corner, edge = SHAPES[box.node.kind]
    if box.head:
        yield _text(box.x, box.y - 4, box.head, NOTE, bold=True)
    yield f"<g data-node={quoteattr(box.node.id)}>"
    yield (
        f'<rect x="{box.x + 1:g}" y="{box.y:g}" width="{box.width - 1:g}" height="{box.height:g}"'
        f' rx="{corner}" stroke-width="{edge:g}"/>'
    )
    y = box.y + PAD - 3
    for text, size in box.lines:
        y += LINE if size == SIZE else NOTE_LINE
        yield _text(box.x + PAD, y, text, size)
    yield "</g>"


def _text(x: float, y: float, text: str, size: float, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}"{weight} fill="#000" stroke="none">'
        f"{escape(text)}</text>"
    )
