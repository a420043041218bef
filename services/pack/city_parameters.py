"""What a city sets in place of a pack's parameters, held against what it replaces.

The fault stands in the city's own ``parameters.yaml`` and not in the pack, which another city may
have written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from city.errors import SourceError
from city.model import City
from city.source import Path, Source, read, text_of
from dmn.errors import FeelError
from services.pack import types

FILE = "parameters.yaml"
Words = tuple[str, str]


def faults(source: Source, city: City) -> Iterator[SourceError]:
    """Yield what a city sets for a pack, whose shape was checked, and what cannot be."""
    service, written = source.data["service"], source.data.get("parameters", {})
    for name, over in city.parameters.get(service, {}).items():
        part = written.get(name)
        if part is None or not any(key[:1].isdigit() for key in part):
            continue  # not a parameter of the pack's with values of its own
        for day, words in _values(part, over):
            yield _error(city, (service, name, day), f"{name}：{words[0]}", f"{name}: {words[1]}")
        first, start = min(over), source.data["in_force_from"]
        if first > start:
            zh = f"{name}：自 {first} 起才有值，而该事项自 {start} 起施行"
            en = f"{name}: it has a value from {first} on, and the service is in force from {start}"
            yield _error(city, (service, name), zh, en)


def _values(part: Mapping[str, Any], over: Mapping[str, Any]) -> Iterator[tuple[str, Words]]:
    """Days that are none, and values of another type than the pack's own, by the day."""
    first = next(value for key, value in part.items() if key[:1].isdigit())
    kind = types.inferred(first)
    if "type" in part:
        kind = types.declared("list" if isinstance(first, list) else part["type"], part["type"])
    for day, value in over.items():
        if types.day(day) is None:
            yield day, (f"{day} 不是日期", f"{day} is not a date")
        try:
            types.written(value, kind)
        except FeelError as error:
            yield day, (error.zh, error.en)


def _error(city: City, path: Path, zh: str, en: str) -> SourceError:
    """Return a fault in the city's file; the line is that of what it says there, if it does."""
    file = city.folder / FILE
    if not file.is_file():
        return SourceError(str(file), 1, zh, en)
    return read(text_of(file), str(file)).error(path, zh, en)
