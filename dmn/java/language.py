"""The static methods of java.lang's boxes and of String: values from text and text from values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from dmn.java.text import formatted, joined
from dmn.java.values import Char, Method, Single, java_text, single, spanned

Signature = tuple[str, ...]
STRING = "java.lang.String"
_WHOLE = re.compile(r"[+-]?[0-9A-Za-z]+", re.ASCII)
_REAL = re.compile(r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)\s*", re.ASCII)
_NAMED = re.compile(r"\s*([+-]?)(NaN|Infinity)\s*")
LONGEST = 400


def _of(*signatures: str) -> frozenset[Signature]:
    return frozenset(tuple(part.split(",")) for part in signatures)


def _whole_reader(bits: int) -> Callable[..., object]:
    def read(value: object, base: int = 10) -> object:
        if isinstance(value, int):
            return value
        text = str(value)
        if not _WHOLE.fullmatch(text) or not 2 <= base <= 36 or len(text) > LONGEST:
            raise ValueError(text)
        return spanned(int(text, base), bits)

    return read


def _double(value: object) -> float:
    if isinstance(value, float):
        return value
    text = str(value)
    named = _NAMED.fullmatch(text)
    if named:
        found = math.nan if named[2] == "NaN" else math.inf
        return -found if named[1] == "-" else found
    if not _REAL.fullmatch(text) or len(text) > LONGEST:
        raise ValueError(text)
    return float(text.strip().rstrip("fFdD"))


def _float(value: object) -> Single:
    if isinstance(value, Single):
        return value
    return single(_double(value))


def _compare(a: object, b: object) -> int:
    return int(_real(a) > _real(b)) - int(_real(a) < _real(b))


def _real(value: object) -> float:
    if isinstance(value, Char):
        return ord(value.letter)
    return value.value if isinstance(value, Single) else value  # type: ignore[return-value]


def _based(base: int, bits: int) -> Callable[[int], str]:
    """Digits of the bits without sign, as `toHexString` writes them."""
    letter = {2: "b", 8: "o", 16: "x"}[base]
    return lambda value: format(value & ((1 << bits) - 1), letter)


def _whole(kind: str, bits: int, parse: str) -> dict[str, Method]:
    """The methods of one box of whole numbers."""
    read, name = _whole_reader(bits), f"java.lang.{kind}"
    primitive = {"Integer": "int"}.get(kind, kind.lower())
    made = {
        "valueOf": Method(read, _of(STRING, primitive, f"{STRING},int")),
        parse: Method(read, _of(STRING, f"{STRING},int")),
        "toString": Method(java_text, _of(primitive)),
        "compare": Method(_compare, _of(f"{primitive},{primitive}", f"{name},{name}")),
        "hashCode": Method(lambda value: value, _of(primitive) if bits <= 32 else frozenset()),
    }
    if bits >= 32:
        pair = _of(f"{primitive},{primitive}")
        made |= {
            "max": Method(max, pair),
            "min": Method(min, pair),
            "sum": Method(lambda a, b: spanned(a + b, bits), pair),
            "signum": Method(lambda value: (value > 0) - (value < 0), _of(primitive)),
            "bitCount": Method(lambda v: (v & ((1 << bits) - 1)).bit_count(), _of(primitive)),
            "toHexString": Method(_based(16, bits), _of(primitive)),
            "toOctalString": Method(_based(8, bits), _of(primitive)),
            "toBinaryString": Method(_based(2, bits), _of(primitive)),
        }
    return made


def _reals(read: Callable[[object], object], primitive: str, parse: str) -> dict[str, Method]:
    pair = _of(f"{primitive},{primitive}")

    def pick(most: bool) -> Callable[[object, object], object]:
        return lambda a, b: a if (_compare(a, b) >= 0) is most else b

    return {
        "valueOf": Method(read, _of(STRING, primitive)),
        parse: Method(read, _of(STRING)),
        "toString": Method(java_text, _of(primitive)),
        "compare": Method(_compare, pair),
        "max": Method(pick(True), pair),
        "min": Method(pick(False), pair),
        "isNaN": Method(lambda value: math.isnan(_real(value)), _of(primitive)),
        "isInfinite": Method(lambda value: math.isinf(_real(value)), _of(primitive)),
        "isFinite": Method(lambda value: math.isfinite(_real(value)), _of(primitive)),
    }


def _boolean(value: object) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _letter(test: Callable[[str], bool]) -> Method:
    return Method(lambda char: test(char.letter), _of("char"))


_BOTH = _of("boolean,boolean")
_TEXTS = (STRING, "char", "boolean", "int", "long", "float", "double", "java.lang.Object")
LANGUAGE: dict[str, dict[str, Method]] = {
    "java.lang.Byte": _whole("Byte", 8, "parseByte"),
    "java.lang.Short": _whole("Short", 16, "parseShort"),
    "java.lang.Integer": _whole("Integer", 32, "parseInt"),
    "java.lang.Long": _whole("Long", 64, "parseLong"),
    "java.lang.Double": _reals(_double, "double", "parseDouble"),
    "java.lang.Float": _reals(_float, "float", "parseFloat"),
    "java.lang.Boolean": {
        "valueOf": Method(_boolean, _of(STRING, "boolean")),
        "parseBoolean": Method(_boolean, _of(STRING)),
        "toString": Method(java_text, _of("boolean")),
        "logicalAnd": Method(lambda a, b: a and b, _BOTH),
        "logicalOr": Method(lambda a, b: a or b, _BOTH),
        "logicalXor": Method(lambda a, b: a != b, _BOTH),
    },
    "java.lang.Character": {
        "valueOf": Method(lambda char: char, _of("char")),
        "toString": Method(java_text, _of("char")),
        "toUpperCase": Method(lambda char: char.letter.upper(), _of("char")),
        "toLowerCase": Method(lambda char: char.letter.lower(), _of("char")),
        "isDigit": _letter(str.isdecimal),
        "isLetter": _letter(str.isalpha),
        "isLetterOrDigit": _letter(lambda text: text.isalpha() or text.isdecimal()),
        "isUpperCase": _letter(str.isupper),
        "isLowerCase": _letter(str.islower),
        "isWhitespace": _letter(str.isspace),
        "compare": Method(lambda a, b: ord(a.letter) - ord(b.letter), _of("char,char")),
        "getNumericValue": Method(lambda char: int(char.letter, 36), _of("char")),
    },
    STRING: {
        "valueOf": Method(java_text, _of(*_TEXTS)),
        "format": Method(
            formatted,
            _of(f"{STRING},[Ljava.lang.Object;", f"{STRING},java.lang.Object[]")
            | _of(f"{STRING},java.lang.Object..."),
        ),
        "join": Method(
            joined,
            _of(
                "java.lang.CharSequence,[Ljava.lang.CharSequence;",
                "java.lang.CharSequence,java.lang.CharSequence...",
                "java.lang.CharSequence,java.lang.CharSequence[]",
            ),
        ),
    },
}
