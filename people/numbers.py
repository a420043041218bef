"""Numbers with check characters: ID numbers, unified social credit codes, ISO 7064 (all pure).

GB 11643-1999 (citizen identification number), GB 32100-2015 (unified social credit code),
GB 11714-1997 (organisation code, inside GB 32100), ISO 7064 MOD 37,36.
Every function but ``meant_as_id_number`` and ``has_id_number`` takes the canonical spelling: ASCII
digits and capital letters, no spaces.
"""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from operator import mul

STORED = "idn:"  # begins the stored form of an ID number (people.protection)
_ID = re.compile(r"[1-9][0-9]{16}[0-9X]")
_LIKE_ID = re.compile(r"[0-9]{15,17}[0-9X]?")
_BETWEEN = re.compile(r"[\s-]")
# inside a sentence, also written in groups: region, date of birth, sequence and check
_WITHIN = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# first two digits: GB/T 2260 provinces; 81, 82 and 83 are residence permits (HK, Macao, Taiwan)
_PROVINCES = frozenset(
    str(n)
    for span in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84))
    for n in range(*span)
)

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, Z, S, V
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USCC_VALUES = {sign: value for value, sign in enumerate(_USCC)}
_ORG_VALUES = {sign: value for value, sign in enumerate(_ALNUM)}
_EARLIEST = datetime.date(1900, 1, 1)


def id_number_check(first17: str) -> str:
    """Return the check character of a citizen's number: ISO 7064 MOD 11-2 over 17 digits."""
    total = sum(w * int(c) for w, c in zip(_ID_WEIGHTS, first17, strict=True))
    return _ID_CHECKS[total % 11]


def id_number_ok(number: str, on: datetime.date | None = None) -> bool:
    """Is this a well-formed citizen's number of somebody born on or before ``on``?

    Shape, province, a birth date that exists (1900 or later), and the check character. Without
    ``on`` a birth in the future is not noticed: this module reads no clock.
    """
    if not _ID.fullmatch(number) or number[:2] not in _PROVINCES:
        return False
    try:
        born = birth(number)
    except ValueError:
        return False
    if born < _EARLIEST or (on is not None and born > on):
        return False
    return id_number_check(number[:17]) == number[17]


def meant_as_id_number(text: str) -> str:
    """Return what was meant as a citizen's number, as it is spelled; an empty text of all else.

    Its check character or date may be wrong, or a digit missing: what is left of it still names
    somebody. 15 digits are a number of GB 11643-1989. Spaces, hyphens and wide digits go; a unified
    social credit code of digits alone is none.
    """
    number = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not _LIKE_ID.fullmatch(number):
        return ""
    return number if id_number_ok(number) or not uscc_ok(number) else ""


def has_id_number(text: str) -> bool:
    """Whether a sentence holds a citizen's number, in wide digits or in groups as well.

    A unified social credit code, a case number and any other row of digits is none.
    """
    written = unicodedata.normalize("NFKC", text)
    spelled = (_BETWEEN.sub("", found[0]).upper() for found in _WITHIN.finditer(written))
    return any(id_number_ok(number) and not uscc_ok(number) for number in spelled)


def birth(number: str) -> datetime.date:
    """Return the birth date in a citizen's number; raises ``ValueError`` when there is none."""
    return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> str:
    """Return ``"M"`` or ``"F"``: the parity of the sequence part of a citizen's number."""
    return "M" if int(number[14:17]) % 2 else "F"


def _weighed(text: str, values: Mapping[str, int], weights: tuple[int, ...]) -> int:
    """Return the weighted sum; raises ``ValueError`` for a foreign sign or another length."""
    if len(text) != len(weights):
        raise ValueError(f"{text}: {len(weights)} characters are expected")
    try:
        return sum(map(mul, weights, map(values.__getitem__, text)))
    except KeyError as error:
        raise ValueError(f"{text}: {error} has no place in it") from None


def org_check(first8: str) -> str:
    """Return the check character of an organisation code (GB 11714) over its 8 characters."""
    return "0123456789X0"[11 - _weighed(first8, _ORG_VALUES, _ORG_WEIGHTS) % 11]


def uscc_check(first17: str) -> str:
    """Return the check character of a unified social credit code (GB 32100) over 17 characters."""
    return _USCC[-_weighed(first17, _USCC_VALUES, _USCC_WEIGHTS) % 31]


def uscc_ok(code: str) -> bool:
    """Is this a unified social credit code, both its checks (GB 32100, GB 11714) right?"""
    if len(code) != 18 or any(c not in _USCC for c in code) or not code[2:8].isdecimal():
        return False
    return org_check(code[8:16]) == code[16] and uscc_check(code[:17]) == code[17]


def uscc_make(authority: str, kind: str, region: str, organisation: str) -> str:
    """Build a unified social credit code.

    ``authority`` and ``kind`` are one character each (91 enterprise, 92 sole trader, 11 organ of
    state), ``region`` six digits (GB/T 2260), ``organisation`` the 8 characters of the
    organisation code, or 9 with its check. Raises ``ValueError`` when a part is malformed.
    """
    check = org_check(organisation[:8])
    if len(organisation) == 8:
        organisation += check
    first = authority + kind + region + organisation
    if (len(authority), len(kind), len(region), len(organisation)) != (1, 1, 6, 9):
        raise ValueError(f"{first}: wrong length of a part")
    if not region.isdecimal() or organisation[8] != check:
        raise ValueError(f"{first} is not the beginning of a unified social credit code")
    return first + uscc_check(first)


def mod37_36(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of ``text`` (digits and capitals).

    The hybrid system of ISO/IEC 7064 section 9: guards certificate identifiers (GB/T 36904).
    Raises ``ValueError`` for any other character.
    """
    product = 36
    try:
        for value in map(_ORG_VALUES.__getitem__, text):
            product = ((product + value) % 36 or 36) * 2 % 37
    except KeyError as error:
        raise ValueError(f"{text}: {error} has no place in it") from None
    return _ALNUM[(37 - product) % 36]
