"""`String.format` (the conversions of java.util.Formatter for texts and numbers), and `join`."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal

from dmn.java.values import java_text

_PLACE = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d{1,3})?(?:\.(\d{1,3}))?([a-zA-Z%])")
LONGEST = 20_000  # characters of a pattern
MOST = 100_000  # characters of a result


def formatted(pattern: str, values: list[object]) -> str:
    """The pattern with its places filled; ValueError where Java throws."""
    if len(pattern) > LONGEST:
        raise ValueError("pattern")
    made: list[str] = []
    at = used = size = 0
    for found in _PLACE.finditer(pattern):
        made.append(_plain(pattern[at : found.start()]))
        at = found.end()
        if found[5] in "n%":
            made.append("\n" if found[5] == "n" else "%")
            continue
        if found[1]:
            value = values[int(found[1]) - 1]
        else:
            value, used = values[used], used + 1
        made.append(_one(found, value))
        size += len(made[-1])
        if size > MOST:
            raise ValueError("too long")
    made.append(_plain(pattern[at:]))
    return "".join(made)


def joined(joint: str, parts: list[object]) -> str:
    """`String.join`; ValueError where the result would be too long."""
    texts = [java_text(part) for part in parts]
    if sum(map(len, texts)) + len(joint) * len(texts) > MOST:
        raise ValueError("too long")
    return joint.join(texts)


def _plain(text: str) -> str:
    if "%" in text:
        raise ValueError("conversion")
    return text


def _one(found: re.Match[str], value: object) -> str:
    flags, kind = found[2], found[5]
    width, precision = int(found[3] or 0), int(found[4]) if found[4] else None
    if ("-" in flags or "0" in flags) and not width:
        raise ValueError("width")
    text = _converted(kind, flags, precision, value)
    if kind.isupper():
        text = text.upper()
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and isinstance(value, Decimal):
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].zfill(width - len(sign))
    return text.rjust(width)


def _converted(kind: str, flags: str, precision: int | None, value: object) -> str:
    lower = kind.lower()
    if lower == "s":
        text = java_text(value)
        return text if precision is None else text[:precision]
    if lower == "b":
        return java_text(value if isinstance(value, bool) else value is not None)
    if value is None and lower in "cdxof":
        return "null"
    if lower == "c" and isinstance(value, str) and len(value) == 1:
        return value
    if kind in ("f", "e", "E") and isinstance(value, Decimal):
        return _real(kind, flags, 6 if precision is None else precision, value)
    raise ValueError(kind)  # among them %d: FEEL's numbers reach Java as BigDecimal


def _real(kind: str, flags: str, precision: int, value: Decimal) -> str:
    if value.adjusted() > LONGEST:
        raise ValueError("too long")
    with decimal.localcontext(prec=7_000, rounding=decimal.ROUND_HALF_UP):
        if kind == "f":
            text = format(value, f"{',' if ',' in flags else ''}.{precision}f")
        else:
            text = re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", format(value, f".{precision}e"))
    if "+" in flags and not text.startswith("-"):
        return f"+{text}"
    return f" {text}" if " " in flags and not text.startswith("-") else text
