"""Full-width punctuation: what Chinese keyboards type where the language wants ASCII.

Never changed silently: `normalise` gives the changed text with a note for each change, and
reading refuses what was not normalised. Text inside strings stays as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from dmn.errors import FeelSyntaxError, Place

_SPECIAL = {
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
    "《": "<",
    "》": ">",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "…": "..",
    "—": "-",
    "–": "-",
    "−": "-",
}
_WIDE = [*range(0xFF01, 0xFF21), *range(0xFF3B, 0xFF41), *range(0xFF5B, 0xFF5F)]
ASCII: Mapping[str, str] = {chr(code): chr(code - 0xFEE0) for code in _WIDE} | _SPECIAL
_OPENERS = {'"': '"', "“": "”", "„": "”", "”": "”", "＂": "＂"}


class Note(NamedTuple):
    """One change: at which place of the original text, what stood there, what stands now."""

    place: Place
    before: str
    after: str


class Lines:
    """Line and column of offsets in a text."""

    def __init__(self, text: str) -> None:
        self.starts = [0]
        self.starts += [at + 1 for at, c in enumerate(text) if c == "\n"]

    def place(self, start: int, end: int) -> Place:
        line = bisect_right(self.starts, start)
        return Place(line, start - self.starts[line - 1] + 1, start, end)


def normalise(text: str) -> tuple[str, list[Note]]:
    """The text with ASCII punctuation outside strings, and what was changed, in order.

    A string opened by a full-width quote may be closed by any double quote.
    """
    lines, made, notes = Lines(text), [], []
    closing, escaped = "", False
    for at, char in enumerate(text):
        new = char
        if closing:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == closing or (closing != '"' and char == '"'):
                closing, new = "", '"'
        elif char in _OPENERS:
            closing, new = _OPENERS[char], '"'
        else:
            new = ASCII.get(char, char)
        if new != char:
            notes.append(Note(lines.place(at, at + 1), char, new))
        made.append(new)
    return "".join(made), notes


def refuse_wide(char: str, place: Place) -> FeelSyntaxError:
    return FeelSyntaxError(
        "syntax.wide",
        f"此处的全角符号 {char} 应为半角 {ASCII[char]}",
        f"write {ASCII[char]} instead of the full-width sign {char}",
        place,
    )
