"""Values and names as SQL text, and the joining of conditions.

Conditions here are SQL booleans in which NULL counts as false: they are joined by AND and OR
only, and negated by IS NOT TRUE, so that NULL never turns into true.
"""

from __future__ import annotations

from decimal import Decimal

from dmn.errors import NOWHERE, Place
from dmn.values.decimals import plain

TRUE, FALSE = "true", "false"
_ESCAPED = {"\\": "\\\\", "'": "''", "%": "\\u0025", "{": "\\u007b", "}": "\\u007d"}


class NotCompiled(Exception):
    """A part that SQL would judge differently, or cannot judge at all."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason} ({self.place})" if self.place.line else self.reason


def text(value: str, place: Place = NOWHERE) -> str:
    """A string constant, the same under any setting of the server."""
    if "\x00" in value or any(0xD800 <= ord(c) < 0xE000 for c in value):
        raise NotCompiled(place, "PostgreSQL cannot hold this text")
    inside = "".join(_ESCAPED.get(c, c) for c in value)
    return f"E'{inside}'" if "\\" in inside else f"'{inside}'"


def number(value: Decimal, place: Place = NOWHERE) -> str:
    written = plain(value)
    if len(written) > 100:
        raise NotCompiled(place, "the number is too long")
    return f"({written})::numeric"


def identifier(path: tuple[str, ...]) -> str:
    """A quoted, perhaps qualified, name of a column."""
    for name in path:
        if not name or any(c in name for c in "\x00%{}"):
            raise ValueError(f"no column can be named {name!r}")
    return ".".join('"' + name.replace('"', '""') + '"' for name in path)


def every(*parts: str) -> str:
    """All parts hold."""
    if FALSE in parts:
        return FALSE
    kept = list(dict.fromkeys(part for part in parts if part != TRUE))
    return TRUE if not kept else kept[0] if len(kept) == 1 else "(" + " AND ".join(kept) + ")"


def some(*parts: str) -> str:
    """At least one part holds."""
    if TRUE in parts:
        return TRUE
    kept = list(dict.fromkeys(part for part in parts if part != FALSE))
    return FALSE if not kept else kept[0] if len(kept) == 1 else "(" + " OR ".join(kept) + ")"


def no(part: str) -> str:
    """The part does not hold."""
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return f"({part}) IS NOT TRUE"
