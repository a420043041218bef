"""From a pack's text to a rulebook: the one way, for publishing, judging and checking. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from city import shape
from city.errors import first_of
from city.source import Source, read
from services.pack import form, wording
from services.pack.build import build
from services.pack.language import program
from services.pack.model import Pack
from services.pack.program import Program
from services.rulebook import Rulebook, make_rulebook

SCHEMA = Path(__file__).parent / "pack" / "schema.json"
ENGINE = "1"  # version of the rule engine: raised when any pack could be judged differently


def edition_hash(text: str, engine: str = ENGINE) -> str:
    """SHA-256 of the pack's bytes and the engine's version, in hex."""
    return hashlib.sha256(f"{engine}\n".encode() + text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack that was read and checked part by part, with its source for messages."""

    source: Source
    pack: Pack
    program: Program

    def rulebook(self, number: int = 0, engine: str = ENGINE) -> Rulebook:
        digest = edition_hash(self.source.text, engine)
        return make_rulebook(self.pack, self.program, hash=digest, number=number)


def draft(text: str, file: str = "pack.yaml") -> Draft:
    """Read a pack; raises ``SourceError`` with file, line and every fault found.

    Each stage needs the one before: text, shape, model, form, expressions, wording.
    """
    source = read(text, file)
    if found := shape.faults(source, SCHEMA):
        raise first_of(found)
    pack = build(source)
    if found := list(form.faults(source, pack)):
        raise first_of(found)
    compiled = program(source, pack)
    if found := list(wording.faults(source, pack, compiled)):
        raise first_of(found)
    return Draft(source, pack, compiled)


def load(text: str, file: str = "pack.yaml", *, number: int = 0, engine: str = ENGINE) -> Rulebook:
    """The rulebook of a pack; raises ``SourceError`` as ``draft`` does."""
    return draft(text, file).rulebook(number, engine)
