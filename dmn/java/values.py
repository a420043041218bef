"""FEEL values as the arguments of Java's methods, and their results as FEEL values.

The conversions are those of DMN 1.5, table 70: a number for any numeric kind (whole ones are
cut to whole, and must lie in the kind's span), a string of one character for `char`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dmn.values.decimals import number


@dataclass(frozen=True, slots=True)
class Char:
    """A Java `char`, apart from a string of the same letter."""

    letter: str


@dataclass(frozen=True, slots=True)
class Single:
    """A Java `float`: the value rounded to single precision."""

    value: float


@dataclass(frozen=True, slots=True)
class Method:
    """typed: the call receives the name of its first parameter's kind as well."""

    call: Callable[..., object]
    signatures: frozenset[tuple[str, ...]]
    typed: bool = False


WHOLE = {
    "byte": 8,
    "short": 16,
    "int": 32,
    "long": 64,
    "java.lang.Byte": 8,
    "java.lang.Short": 16,
    "java.lang.Integer": 32,
    "java.lang.Long": 64,
}
REAL = ("double", "java.lang.Double")
SINGLE = ("float", "java.lang.Float")


def cut(value: int, bits: int) -> int:
    """The value as Java's arithmetic keeps it: the lowest bits, with sign."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def spanned(value: int, bits: int) -> int:
    """The value, if it lies in the span of so many bits; else ValueError."""
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError("out of span")
    return value


def single(value: float) -> Single:
    if math.isfinite(value) and abs(value) > 3.4028235677973366e38:
        return Single(math.copysign(math.inf, value))
    return Single(struct.unpack("f", struct.pack("f", value))[0])


def to_java(value: object, kind: str) -> object:
    """The argument for a parameter of the kind; ValueError when it does not fit."""
    if kind in WHOLE and isinstance(value, Decimal):
        return spanned(int(value), WHOLE[kind])
    if kind in REAL and isinstance(value, Decimal):
        return float(value)
    if kind in SINGLE and isinstance(value, Decimal):
        return single(float(value))
    if kind in ("boolean", "java.lang.Boolean") and isinstance(value, bool):
        return value
    if kind in ("java.lang.String", "java.lang.CharSequence") and isinstance(value, str):
        return value
    if kind in ("char", "java.lang.Character") and isinstance(value, str) and len(value) == 1:
        return Char(value)
    if kind == "java.lang.Object":
        return value
    if kind.startswith("[L") or kind.endswith(("[]", "...")):
        return value if isinstance(value, list) else [value]
    raise ValueError(kind)


def from_java(value: object) -> object:
    """The FEEL value of a result; NaN and the infinities are no numbers, so null."""
    if isinstance(value, bool | str | Decimal) or value is None:
        return value
    if isinstance(value, int):
        return number(value)
    if isinstance(value, Char):
        return value.letter
    text = float_text(value) if isinstance(value, float | Single) else ""
    return number(text) if text and text.lstrip("-")[0].isdigit() else None


def float_text(value: float | Single) -> str:
    """Digits of a double or float, as few as name it; `NaN` and `Infinity` as Java has them."""
    real = value.value if isinstance(value, Single) else value
    if math.isnan(real):
        return "NaN"
    if math.isinf(real):
        return "Infinity" if real > 0 else "-Infinity"
    if isinstance(value, float):
        return repr(real)
    tries = (f"{real:.{digits}g}" for digits in range(1, 10))
    return next((text for text in tries if single(float(text)) == value), repr(real))


def java_text(value: object) -> str:
    """What `String.valueOf` gives: reals with a point, and an exponent beyond 10^-3 and 10^7."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Char):
        return value.letter
    if isinstance(value, float | Single):
        return _real_text(float_text(value))
    return str(value)


def _real_text(text: str) -> str:
    if not text.lstrip("-")[0].isdigit():
        return text
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent  # digits before the point
    minus = "-" if sign else ""
    if shown == "0":
        return f"{minus}0.0"
    if -3 < point <= 7:
        whole = shown[:point].ljust(point, "0") if point > 0 else "0"
        rest = (shown[point:] if point > 0 else "0" * -point + shown) or "0"
        return f"{minus}{whole}.{rest}"
    return f"{minus}{shown[0]}.{shown[1:] or '0'}E{point - 1}"
