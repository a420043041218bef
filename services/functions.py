"""Functions of the engine that packs may call: named, typed, versioned, pure.

What FEEL's subset cannot say in one expression (characters, check digits) stands here once, for
every service. A changed meaning needs a new name or a new engine version, since editions are
hashed with the engine's version.
"""

from __future__ import annotations

import re

from dmn.types import BOOLEAN, STRING, Function, list_of
from dmn.values import UNKNOWN
from people import names
from people.numbers import id_number_ok, uscc_ok
from services import divisions
from services.characters import is_standard

# CJK ideographs of the Unicode blocks that GB 18030-2022 level 3 names, and 〇
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]+")

_ADDRESS = re.compile("[0-9]{6}-[0-9]{7}", re.ASCII)


def _han(text: object) -> object:
    return _HAN.fullmatch(text) is not None if isinstance(text, str) else None


def _standard(text: object) -> object:
    return is_standard(text) if isinstance(text, str) else None


def _industries(codes: object) -> object:
    """The divisions (大类: a letter and two digits) of codes by GB/T 4754, each once, in order."""
    if not isinstance(codes, list):
        return None
    if any(code is UNKNOWN for code in codes):
        return UNKNOWN
    return list(dict.fromkeys(code[:3] for code in codes if isinstance(code, str)))


def _district(code: object) -> object:
    """The district (GB/T 2260) that a code of the address registry begins with."""
    if not isinstance(code, str):
        return UNKNOWN if code is UNKNOWN else None
    return code[:6] if _ADDRESS.fullmatch(code) else None


def _division_name(code: object) -> object:
    """The name of a division (GB/T 2260) without that of its city or prefecture: 南山区."""
    if not isinstance(code, str):
        return UNKNOWN if code is UNKNOWN else None
    return divisions.name(code, code[:4])


def _identity(text: object) -> object:
    return id_number_ok(text) if isinstance(text, str) else None


def _credit_code(text: object) -> object:
    return uscc_ok(text) if isinstance(text, str) else None


def _same_name(one: object, other: object) -> object:
    if one is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    if isinstance(one, str) and isinstance(other, str):
        return names.same(one, other)
    return None


def _surname(name: object) -> object:
    """The surname (姓) of a Chinese name: its first character, or two where those are one."""
    if not isinstance(name, str):
        return UNKNOWN if name is UNKNOWN else None
    return names.surname(name)


def _replaced(text: object, old: object, new: object) -> object:
    """A text with the first place of another one in it replaced; null where it is not in it."""
    if UNKNOWN in (text, old, new):
        return UNKNOWN
    if not (isinstance(text, str) and isinstance(old, str) and isinstance(new, str)):
        return None
    return text.replace(old, new, 1) if old and old in text else None


def _predicate(name: str, call: object) -> Function:
    return Function(name, (("text", STRING),), BOOLEAN, "1", call)  # type: ignore[arg-type]


FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        _predicate("is_han", _han),  # only Chinese characters, at least one
        _predicate("is_standard_han", _standard),  # only those of 通用规范汉字表, at least one
        _predicate("is_identity_number", _identity),  # GB 11643, check character included
        _predicate("is_credit_code", _credit_code),  # GB 32100, both check characters
        Function("address_district", (("code", STRING),), STRING, "1", _district),
        Function("division_name", (("code", STRING),), STRING, "1", _division_name),
        # whether two spellings are one name (people.names): of a person, of an enterprise
        Function("same_name", (("one", STRING), ("other", STRING)), BOOLEAN, "1", _same_name),
        Function("surname", (("name", STRING),), STRING, "1", _surname),
        Function(  # a registered name with another trade name in it
            "replaced", (("text", STRING), ("old", STRING), ("new", STRING)), STRING, "1", _replaced
        ),
        Function("industries", (("codes", list_of(STRING)),), list_of(STRING), "1", _industries),
    )
}
