"""Reading ``cities/<name>/``: files of one folder over those of the folder that it extends.

| file | says |
|---|---|
| ``city.yaml`` | names, code, time zone, default office, ``extends``, services left out |
| ``regions.yaml`` ``offices.yaml`` ``partners.yaml`` | by code |
| ``counters.yaml`` | by code: whose officers take which applications there, hours and slots |
| ``registries.yaml`` | by code: who answers, under which law, and the fields of a record |
| ``calendar.yaml`` | by date: ``working`` or ``holiday``, where the published calendar differs |
| ``documents.yaml`` | titles, laws and remedies of the documents of a case |
| ``life_events.yaml`` | by code: what happens in people's lives, and the services for it |
| ``bundles.yaml`` | by code: services that are applied for in one form (一件事) |
| ``laws.yaml`` | by code: the laws that services rest on, clause by clause |
| ``words.yaml`` | by the catalogue's word: what people type instead |
| ``parameters.yaml`` | by service and parameter: dated values in place of the pack's |
| ``services/*.yaml`` | packs |

A map of the extending folder is laid over the other's, key by key; ``absent`` takes a key away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from city import shape
from city.build import build
from city.errors import SourceError, first_of
from city.model import City
from city.source import Path as Place
from city.source import read, text_of

SCHEMA = Path(__file__).with_name("schema.json")
FILES = (
    "city", "regions", "offices", "counters", "partners", "registries", "calendar", "parameters",
    "documents", "life_events", "bundles", "words", "laws",
)  # fmt: skip
ABSENT = "absent"
OWN = ("zh", "en", "code")  # of city.yaml: what no city takes from the one that it extends
CHAIN_MOST = 8  # folders that may extend one another
SERVICE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(slots=True)
class Document:
    """All files of a city, merged: ``data`` by file and key, and where each part stands."""

    folder: Path
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, tuple[str, int]] = field(default_factory=dict)

    def error(self, path: Place, zh: str, en: str) -> SourceError:
        """Return a fault at the file and line of ``path``, or of the nearest part above it."""
        fallback = (str(self.folder / f"{path[0] if path else 'city'}.yaml"), 1)
        while path and path not in self.places:
            path = path[:-1]
        file, line = self.places.get(path, fallback)
        return SourceError(file, line, zh, en)


def load(folder: Path) -> City:
    """Read and check the city in ``folder``; raises ``SourceError`` with every fault found."""
    document = Document(folder)
    chain = _chain(folder)
    for place in reversed(chain):
        for name in FILES:
            _lay(document, place / f"{name}.yaml", name)
    if found := shape.faults(document, SCHEMA):
        raise first_of(found)
    packs = _packs(chain, document)
    return replace(build(document, document.folder, packs), papers=_papers(chain))


def _chain(folder: Path) -> list[Path]:
    """Return ``folder`` and those that it extends, nearest first."""
    chain: list[Path] = []
    place = folder.resolve()
    while True:
        file = place / "city.yaml"
        if not file.is_file():
            raise SourceError(str(file), 1, "没有这个文件", "there is no such file")
        if place in chain or len(chain) == CHAIN_MOST:
            zh, en = "extends 形成循环", "extends leads back to itself"
            raise SourceError(str(file), 1, zh, en)
        chain.append(place)
        source = read(text_of(file), str(file))
        above = source.data.get("extends")
        if above is None:
            return chain
        if not isinstance(above, str):
            raise source.error(("extends",), "extends 应为文件夹", "extends names a folder")
        for word in OWN:
            if word not in source.data:
                raise source.error((), f"{word}：必须写明，不能沿用他市", f"{word}: must be given")
        place = (place / above).resolve()
        if not (place / "city.yaml").is_file():
            zh, en = f"没有城市文件夹 {above}", f"there is no city folder {above}"
            raise source.error(("extends",), zh, en)


def _lay(document: Document, file: Path, name: str) -> None:
    """Lay one file over what the document already has."""
    if not file.is_file():
        return
    text = text_of(file)
    if not "".join(line.partition("#")[0] for line in text.splitlines()).strip():
        return  # nothing but remarks
    source = read(text, str(file))
    for path, line in source.lines.items():
        document.places[(name, *path)] = (str(file), line)
    document.data[name] = _over(document.data.get(name, {}), source.data)


def _over(below: Any, above: Any) -> Any:
    """Return ``above`` laid over ``below``: maps key by key, anything else in its place."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    merged = dict(below)
    for key, value in above.items():
        if value == ABSENT:
            merged.pop(key, None)
        else:
            merged[key] = _over(merged.get(key, {}), value)
    return merged


def _papers(chain: list[Path]) -> dict[str, str]:
    """Return the templates of certificates by name: of two alike, the nearer folder's."""
    found: dict[str, Path] = {}
    for place in reversed(chain):
        for file in sorted((place / "papers").glob("*.typ")):
            if not SERVICE.fullmatch(file.stem):
                zh, en = "文件名应为版式名", "the file's name is the name of the template"
                raise SourceError(str(file), 1, zh, en)
            found[file.stem] = file
    return {name: text_of(file) for name, file in sorted(found.items())}


def _packs(chain: list[Path], document: Document) -> tuple[Path, ...]:
    """Return the packs of the city: of two with the same name, the nearer folder's."""
    left_out = document.data["city"].get("without", [])
    found: dict[str, Path] = {}
    for place in reversed(chain):
        for file in sorted((place / "services").glob("*.yaml")):
            if not SERVICE.fullmatch(file.stem):
                zh, en = "文件名应为事项代码", "the file's name is the code of its service"
                raise SourceError(str(file), 1, zh, en)
            found[file.stem] = file
    for at, code in enumerate(left_out):
        if found.pop(code, None) is None:
            zh, en = f"没有可去掉的事项 {code}", f"there is no service {code} to leave out"
            raise document.error(("city", "without", at), zh, en)
    return tuple(found[code] for code in sorted(found))
