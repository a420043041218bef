"""The city as hexagons, a tile a district: drawn from the city's own data, no outline of land."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from city.model import Region
from people.language import in_language

SIZE = 50.0  # from a tile's middle to its corners
WIDE, HIGH = SIZE * sqrt(3), SIZE * 1.5
_HALF = sqrt(3) / 2
_CORNERS: tuple[tuple[float, float], ...] = (
    *((0, -1), (_HALF, -0.5), (_HALF, 0.5), (0, 1), (-_HALF, 0.5), (-_HALF, -0.5)),
)
_GAP = 0.96
STEPS = 5  # of shade


@dataclass(frozen=True, slots=True)
class Tile:
    """One district: its middle, its corners as SVG writes them, and how dark it is (0 to 5)."""

    region: Region
    x: float
    y: float
    corners: str
    cases: int
    shade: int

    @property
    def name(self) -> str:
        return in_language(self.region)

    @property
    def lines(self) -> list[str]:
        """The name as it fits the tile: a long one on two lines."""
        name = self.name
        words = name.split(" ") if " " in name else list(name)
        join = " " if " " in name else ""
        if len(name) <= (5 if not join else 9):
            return [name]
        after = [len(join.join(words[:n])) for n in range(1, len(words))]
        half = 1 + min(range(len(after)), key=lambda n: abs(2 * after[n] - len(name) - 0.5))
        return [join.join(words[:half]), join.join(words[half:])]


@dataclass(frozen=True, slots=True)
class TileMap:
    tiles: tuple[Tile, ...]
    width: float
    height: float


def places(regions: Mapping[str, Region]) -> dict[str, tuple[int, int]]:
    """Return column and row of each district; those without a place stand in rows below."""
    found = {code: one.place for code, one in regions.items() if one.place is not None}
    below = max((row for _, row in found.values()), default=-1) + 1
    rest = [code for code in regions if code not in found]
    return found | {code: (n % 6, below + n // 6) for n, code in enumerate(rest)}


def draw(regions: Mapping[str, Region], cases: Mapping[str, int]) -> TileMap:
    """Return the map; the more cases a district has, beside the others, the darker its tile."""
    most = max((cases.get(code, 0) for code in regions), default=0)
    tiles = []
    for code, (column, row) in places(regions).items():
        x, y = (column + 0.5 * (row % 2) + 0.5) * WIDE, row * HIGH + SIZE
        points = ((x + a * SIZE * _GAP, y + b * SIZE * _GAP) for a, b in _CORNERS)
        number = cases.get(code, 0)
        shade = -(-STEPS * number // most) if most else 0
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        tiles.append(Tile(regions[code], x, y, corners, number, shade))
    width = max((tile.x for tile in tiles), default=0) + WIDE / 2
    height = max((tile.y for tile in tiles), default=0) + SIZE
    return TileMap(tuple(tiles), width, height)
