"""Where the districts of a city stand on its map of tiles. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from city.model import Region

Place = tuple[int, int]  # column, row


def read(text: Sequence[str]) -> Place | None:
    """Return a place as ``regions.yaml`` writes it; nothing written is no place."""
    return (int(text[0]), int(text[1])) if text else None


def faults(regions: Mapping[str, Region]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield (place in the data, zh, en) of districts that stand where another one does."""
    taken: dict[Place, str] = {}
    for code, region in regions.items():
        if region.place and (other := taken.setdefault(region.place, code)) != code:
            zh, en = f"与 {other} 在地图上位置相同", f"its place on the map is that of {other}"
            yield ("regions", code, "place"), zh, en
