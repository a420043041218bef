"""From a pack's text to a rulebook: the one way, for publishing, judging and checking. Pure."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from city import shape
from city.errors import first_of
from city.model import City
from city.source import Source, read
from services.pack import changes, city_parameters, city_values, form, persons, rounds, wording
from services.pack.build import build
from services.pack.city_values import NO_CITY, Values
from services.pack.language import program
from services.pack.model import Pack
from services.pack.program import Program
from services.rulebook import Rulebook, make_rulebook

SCHEMA = Path(__file__).parent / "pack" / "schema.json"
ENGINE = "1"  # version of the rule engine: raised when any pack could be judged differently


def edition_hash(text: str, engine: str = ENGINE, city: Mapping[str, Any] | None = None) -> str:
    """SHA-256, in hex, of the engine's version, the pack's bytes and what it took from its city.

    A pack that takes nothing has the hash of its version and bytes alone.
    """
    frozen = b"\0" + orjson.dumps(city, option=orjson.OPT_SORT_KEYS) if city else b""
    return hashlib.sha256(f"{engine}\n".encode() + text.encode() + frozen).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack that was read and checked part by part, with its source for messages."""

    source: Source
    pack: Pack
    program: Program
    city: Mapping[str, Any]  # what the pack took from its city

    def digest(self, engine: str = ENGINE) -> str:
        return edition_hash(self.source.text, engine, self.city)

    def rulebook(
        self, number: int = 0, engine: str = ENGINE, in_force_from: datetime.date | None = None
    ) -> Rulebook:
        digest = self.digest(engine)
        return make_rulebook(
            self.pack, self.program, hash=digest, number=number, in_force_from=in_force_from
        )


def draft(text: str, file: str = "pack.yaml", *, city: City | Values = NO_CITY) -> Draft:
    """Read a pack; raises ``SourceError`` with file, line and every fault found.

    Each stage needs the one before: text, shape, what belongs to the city, model, form,
    expressions, wording. ``city``: where the pack is read for, or the values of an edition.
    """
    source = read(text, file)
    if found := shape.faults(source, SCHEMA):
        raise first_of(found)
    if isinstance(city, City) and (found := list(city_parameters.faults(source, city))):
        raise first_of(found)
    values = city.values(source.data["service"]) if isinstance(city, City) else city
    source, taken = city_values.resolve(source, values)
    pack = build(source)
    stated = (form.faults, persons.faults, rounds.faults, changes.faults)
    if found := [fault for faults in stated for fault in faults(source, pack)]:
        raise first_of(found)
    compiled = program(source, pack)
    if found := list(wording.faults(source, pack, compiled)):
        raise first_of(found)
    return Draft(source, pack, compiled, taken)


def load(
    text: str,
    file: str = "pack.yaml",
    *,
    city: City | Values = NO_CITY,
    number: int = 0,
    engine: str = ENGINE,
    in_force_from: datetime.date | None = None,
) -> Rulebook:
    """The rulebook of a pack; raises ``SourceError`` as ``draft`` does."""
    return draft(text, file, city=city).rulebook(number, engine, in_force_from)
