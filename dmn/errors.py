"""What can be wrong with an expression, said in Chinese and English, with its place.

Every error has a stable `code` (lower case, dotted), so that callers can react to it and
documents can list it; a sentence an officer can act on in each language; and the `Place`
in the text, when there is one.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands: line and column count from 1, start and end are offsets."""

    line: int = 0
    column: int = 0
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


NOWHERE = Place()


class FeelError(Exception):
    """An expression, table or model that cannot be used, and why."""

    def __init__(self, code: str, zh: str, en: str, place: Place = NOWHERE) -> None:
        super().__init__(code, zh, en, place)
        self.code = code
        self.zh = zh
        self.en = en
        self.place = place

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place.line else ""
        return f"{self.zh} / {self.en}{where}"


class FeelSyntaxError(FeelError):
    """The text cannot be read, or lies outside the dialect asked for."""


class FeelTypeError(FeelError):
    """The text reads well, but a value of this type cannot be used like this."""


class FeelBudgetError(FeelError):
    """Reading or judging would need more steps, depth, length or memory than granted."""


class FeelModelError(FeelError):
    """A decision table or decision model contradicts itself (cycle, missing part, entity)."""
