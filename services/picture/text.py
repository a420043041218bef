"""How wide a text is, whatever sans-serif font the reader has: never less than it is drawn. Pure.

Chinese fonts draw each character in a square. For Latin letters the widths are those of DejaVu
Sans, the widest of the common ones; what is drawn in Noto, Helvetica or Arial is narrower.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NARROW, _SLIM, _BROAD = set("ijl.,:;'!|I "), set('frt()[]/\\-"·'), set("mwMW%@—…")
_CLOSING = set("）】》」』。，、；：！？”’")  # begin no line
_PIECES = re.compile(r"[A-Za-z0-9_.,;:'%()/§-]+\s*|\s+|.", re.DOTALL)


def width(text: str, size: float) -> float:
    """The most that a text takes, in the units of ``size``."""
    return sum(map(_em, text)) * size


def _em(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WFA":
        return 1.0
    if sign in _NARROW:
        return 0.35
    if sign in _SLIM:
        return 0.47
    if sign in _BROAD:
        return 1.0
    return 0.77 if sign.isupper() else 0.65


def wrapped(text: str, size: float, most: float) -> list[str]:
    """A text in lines, none wider than ``most``; Latin words stay whole where they fit."""
    lines, line = [], ""
    for piece in _pieces(" ".join(text.split()), size, most):
        if line and width((line + piece).rstrip(), size) > most:
            kept = line[-1] if piece[:1] in _CLOSING and len(line) > 1 else ""
            lines.append(line.removesuffix(kept).rstrip())
            line = kept + piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _pieces(text: str, size: float, most: float) -> Iterator[str]:
    for piece in _PIECES.findall(text):
        if width(piece.rstrip(), size) <= most:
            yield piece
        else:
            yield from piece  # a word that is longer than a line
