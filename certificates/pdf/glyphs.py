"""Which characters the fonts of our wheels can print: read from their character maps.

What has a character that none of them has goes to an officer before anything is issued; approved,
the character is printed by its code, and an empty box never is. Source of the tables: OpenType
1.9, ``cmap`` formats 4 and 12.
"""

import re
import struct
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import manimgx_fonts_cjk
import pylopdf_fonts_zh_cn

FOLDERS = tuple(Path(m.__file__ or "").parent for m in (pylopdf_fonts_zh_cn, manimgx_fonts_cjk))
FILES = (  # (file, family, index in a collection): the order in which typst looks for a glyph
    (FOLDERS[0] / "NotoSerifSC-Regular.otf", "Noto Serif SC", 0),
    (FOLDERS[0] / "NotoSansSC-Regular.otf", "Noto Sans SC", 0),
    (FOLDERS[1] / "NotoSansCJK-VF.otf.ttc", "Noto Sans CJK SC", 2),
)
FAMILIES = tuple(family for _, family, _ in FILES)
BREAKS = "\n\t"  # of lines and columns: typst sets a space
# Characters that each system gives a meaning of its own (Unicode 15, 23.5). Some systems keep rare
# characters of names there, so such a text is not rejected: an officer reads what it stands for.
PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0x110000))
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"})


def printable(text: str) -> bool:
    """Whether every character of ``text`` has a visible glyph of its own in our fonts."""
    known = covered()
    return all(known[ord(c)] for c in text) and not any(
        unicodedata.category(c) in _INVISIBLE for c in text
    )


def missing(values: Iterable[object]) -> tuple[str, ...]:
    """Return the characters of printed values, each once and in order, that no font of ours has.

    ``values`` as services.outputs.printed_values has them: texts, lists and mappings are looked
    into; dates, numbers and what is absent are written in digits and are always there.
    """
    known, text = covered(), "".join(_texts(values))
    return tuple(c for c in dict.fromkeys(text) if not known[ord(c)] and c not in BREAKS)


def private(values: Iterable[object]) -> bool:
    """Whether a text in ``values``, read as by ``missing``, has a private-use character."""
    return _PRIVATE.search("".join(_texts(values))) is not None


_PRIVATE = re.compile(
    "[" + "".join(f"{chr(area.start)}-{chr(area.stop - 1)}" for area in PRIVATE_USE) + "]"
)


def _texts(values: Iterable[object], found: list[str] | None = None) -> list[str]:
    found = [] if found is None else found
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, Mapping):
            _texts(value.values(), found)
        elif isinstance(value, (list, tuple)):
            _texts(value, found)
    return found


def code(character: str) -> str:
    """Write a character by its code point (GB/T 13000), as it is printed where no font has it."""
    return f"〔U+{ord(character):04X}〕"


def substituted(text: str) -> str:
    """Return ``text`` with each character that no font of ours has written by its code."""
    known = covered()
    if all(known[ord(c)] for c in text):
        return text
    return "".join(c if known[ord(c)] or c in BREAKS else code(c) for c in text)


@lru_cache(maxsize=1)
def covered() -> bytearray:
    """Return one byte a code point, 1 where some font of ours has a glyph; made once a process."""
    known = bytearray(0x110000)
    for path, _, index in FILES:
        with path.open("rb") as file:
            _mark(file.read(), index, known)
    for area in PRIVATE_USE:  # what a font has there is its own, and not what was meant
        known[area.start : area.stop] = bytes(len(area))
    return known


def _mark(font: bytes, index: int, known: bytearray) -> None:
    at = struct.unpack_from(">I", font, 12 + 4 * index)[0] if font[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", font, at + 4)
    for n in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, at + 12 + 16 * n)
        if tag == b"cmap":
            _cmap(font, offset, known)


def _cmap(font: bytes, at: int, known: bytearray) -> None:
    (count,) = struct.unpack_from(">H", font, at + 2)
    for n in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, at + 4 + 8 * n)
        (kind,) = struct.unpack_from(">H", font, at + offset)
        if kind == 12 and platform in (0, 3):
            _groups(font, at + offset, known)
        elif kind == 4 and (platform, encoding) in ((3, 1), (0, 3)):
            _segments(font, at + offset, known)


def _groups(font: bytes, at: int, known: bytearray) -> None:
    """Format 12: groups of (first, last, glyph of the first)."""
    (count,) = struct.unpack_from(">I", font, at + 12)
    for first, last, glyph in struct.iter_unpack(">III", font[at + 16 : at + 16 + 12 * count]):
        start = first + (glyph == 0)
        known[start : last + 1] = b"\1" * (last + 1 - start)


def _segments(font: bytes, at: int, known: bytearray) -> None:
    """Format 4: segments with an end, a start, a delta, and an offset into an array of glyphs."""
    (double,) = struct.unpack_from(">H", font, at + 6)
    ends = struct.unpack_from(f">{double // 2}H", font, at + 14)
    starts = struct.unpack_from(f">{double // 2}H", font, at + 16 + double)
    deltas = struct.unpack_from(f">{double // 2}H", font, at + 16 + 2 * double)
    base = at + 16 + 3 * double
    for i, (start, end, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        (offset,) = struct.unpack_from(">H", font, base + 2 * i)
        for code in range(start, min(end, 0xFFFE) + 1):
            if offset:
                (glyph,) = struct.unpack_from(
                    ">H", font, base + 2 * i + offset + 2 * (code - start)
                )
                glyph = glyph and (glyph + delta) & 0xFFFF
            else:
                glyph = (code + delta) & 0xFFFF
            if glyph:
                known[code] = 1
