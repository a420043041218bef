"""From a pack's text to a rulebook: the one way, for publishing, judging and checking. Pure."""

from __future__ import annotations

import hashlib

from services.pack import form, shape
from services.pack.build import build
from services.pack.errors import first_of
from services.pack.language import program
from services.pack.reader import Source, read
from services.rules import Rulebook

ENGINE = "1"  # version of the rule engine: raised when any pack could be judged differently


def edition_hash(text: str, engine: str = ENGINE) -> str:
    """SHA-256 of the pack's bytes and the engine's version, in hex."""
    return hashlib.sha256(f"{engine}\n".encode() + text.encode()).hexdigest()


def load(text: str, file: str = "pack.yaml", *, number: int = 0, engine: str = ENGINE) -> Rulebook:
    """The rulebook of a pack; raises ``PackError`` with file, line and every fault found.

    Each stage needs the one before: text, shape, model and form, expressions.
    """
    return _rulebook(read(text, file), number, engine)


def _rulebook(source: Source, number: int, engine: str) -> Rulebook:
    if found := shape.faults(source):
        raise first_of(found)
    pack = build(source)
    if found := list(form.faults(source, pack)):
        raise first_of(found)
    compiled = program(source, pack)
    return Rulebook(pack, compiled, hash=edition_hash(source.text, engine), number=number)
