"""A pack's tests where a city takes the pack from the city that it extends.

The tests in a pack say what it means with the figures and districts of the city in whose folder it
stands, and are run with those. A city that sets figures of its own writes tests for them, in
``tests/SERVICE.yaml`` of its folder, which may go on from those in the pack (``like``).
"""

from __future__ import annotations

from pathlib import Path

from city import shape
from city.errors import SourceError
from city.model import City
from city.reader import load
from city.source import read, text_of
from services import pack_tests
from services.edition import Draft, draft
from services.pack import cases
from services.pack.model import Case

SCHEMA = Path(__file__).parent / "pack" / "tests.schema.json"


def faults(read_: Draft, city: City, file: str) -> tuple[list[SourceError], int]:
    """What does not come out as the tests say, and how many tests there are."""
    home = _home(read_, city, file)
    there = draft(read_.source.text, file, city=home).rulebook() if home else read_.rulebook()
    found = pack_tests.faults(there, file, (home or city).calendar)
    count = len(there.pack.cases)
    if home is None:
        return found, count
    service = read_.pack.service
    own = city.folder / "tests" / f"{service}.yaml"
    added, faulty = _added(own, there.pack.cases)
    found += faulty
    found += pack_tests.faults(read_.rulebook(), str(own), city.calendar, added)
    if city.parameters.get(service) and not added and not faulty:
        zh = f"本市设定了 {service} 的参数，须在 {own.name} 中写明测试"
        en = f"the city sets figures of {service}, so it needs tests of them in tests/{own.name}"
        found.append(SourceError(str(city.folder / "parameters.yaml"), 1, zh, en))
    return found, count + len(added)


def _home(read_: Draft, city: City, file: str) -> City | None:
    """The city in whose folder a pack stands, word for word; None: this one, or no city's.

    What an officer confirms has no ``file`` any more; it is still the pack that the city takes.
    """
    taken = (path for path in city.packs if path.stem == read_.pack.service)
    for path in (Path(file), *taken):
        folder = path.resolve().parent.parent
        is_of_city = path.is_file() and (folder / "city.yaml").is_file()
        if is_of_city and text_of(path) == read_.source.text:
            return None if folder == city.folder.resolve() else load(folder)
    return None


def _added(file: Path, above: tuple[Case, ...]) -> tuple[tuple[Case, ...], list[SourceError]]:
    """The tests of the city's own file, of the shape that a pack's tests have."""
    if not file.is_file():
        return (), []
    try:
        source = read(text_of(file), str(file))
    except SourceError as error:
        return (), list(error.all())
    if wrong := shape.faults(source, SCHEMA):
        return (), wrong
    found: list[SourceError] = []
    return cases.read(source, found, above), found
