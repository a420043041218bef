"""Numbers of certificates, pure: identifiers after GB/T 36904, public ids, printed numbers.

An identifier is ``1.2.156.3005.2.{type 21}.{issuer USCC 18}.{serial}.{version 3}.{check 1}``; the
check character is ISO 7064 MOD 37,36 over the four parts without dots and without the root.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from people.numbers import mod37_36, org_check, uscc_make

ROOT = "1.2.156.3005.2"
SHAPE = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18})\.([0-9A-Z]{1,40})\.([0-9]{3})\.([0-9A-Z])"
)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 32 signs; no I, L, O, U
_OF_BYTE = (_CROCKFORD * 8).encode()  # 256 bytes fall on 32 signs evenly
_MISREAD = str.maketrans("ILO", "110")
_PUBLIC = re.compile(f"[{_CROCKFORD}]{{16}}")
# GB 32100's alphabet: no I, O, S, V, Z. New organisation codes begin with MA, as those given out
# since 2015 do; the last six places count in base 31.
_ORGANISATION = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Identifier:
    """The parts of a certificate identifier; ``str()`` writes it with its check character."""

    type21: str
    issuer: str
    serial: str
    version: int

    def __str__(self) -> str:
        version = f"{self.version:03d}"
        check = _check(_begin(self.type21 + self.issuer), self.serial + version)
        return f"{ROOT}.{self.type21}.{self.issuer}.{self.serial}.{version}.{check}"

    def next_version(self) -> "Identifier":
        """The same certificate's next version: only version and check differ."""
        return Identifier(self.type21, self.issuer, self.serial, self.version + 1)


_ALNUM = {sign: value for value, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def _fold(product: int, text: str) -> int:
    """One step of ISO 7064 MOD 37,36 a character; starts at 36."""
    for sign in text:
        product = (product + _ALNUM[sign]) % 36 or 36
        product = product * 2 % 37
    return product


@lru_cache(maxsize=1024)
def _begin(text: str) -> int:
    """Type and issuer are the same for a whole batch: fold them once."""
    return _fold(36, text)


def _check(product: int, rest: str) -> str:
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - _fold(product, rest)) % 36]


def read_identifier(text: str) -> Identifier | None:
    """Return the parts of ``text``, or None when its shape or check character is wrong."""
    found = SHAPE.fullmatch(text)
    if not found:
        return None
    type21, issuer, serial, version, check = found.groups()
    if mod37_36(type21 + issuer + serial + version) != check:
        return None
    return Identifier(type21, issuer, serial, int(version))


def serials(year: int, numbers: list[int]) -> Iterator[str]:
    """Make serial parts: year, eight digits of the sequence, eight random signs (41 bits).

    The random part is what keeps guessers out: who knows one identifier cannot count on to the
    next one.
    """
    signs = _signs(8 * len(numbers))
    for i, number in enumerate(numbers):
        yield f"{year:04d}{number:08d}{signs[8 * i : 8 * i + 8]}"


def public_ids(count: int) -> list[str]:
    """Make ``count`` public ids: 16 random signs (80 bits), as in the QR code and ``/verify/``."""
    signs = _signs(16 * count)
    return [signs[16 * i : 16 * i + 16] for i in range(count)]


def _signs(count: int) -> str:
    return os.urandom(count).translate(_OF_BYTE).decode()


def read_public_id(text: str) -> str | None:
    """Return the public id that a person typed (case, hyphens, I/L/O forgiven), or None."""
    typed = text.replace("-", "").upper().translate(_MISREAD)
    return typed if _PUBLIC.fullmatch(typed) else None


def organisation(number: int) -> str:
    """Return the ``number``-th new organisation code (GB 11714), check character included."""
    if not 0 <= number < 31**6:
        raise ValueError("the range of organisation codes MA000000-MAYYYYYY is used up")
    places = []
    for _ in range(6):
        number, digit = divmod(number, 31)
        places.append(_ORGANISATION[digit])
    body = "MA" + "".join(reversed(places))
    return body + org_check(body)


def printed(scheme: str, *, serial: str, licence: int, region: str) -> str:
    """Return the number as printed, by the pack's scheme.

    ``uscc:92`` makes a unified social credit code (GB 32100) of that authority and kind (92: sole
    trader) in ``region`` (6 digits); ``serial:RC`` prints RC, the year and the sequence number;
    ``region:YB`` prints YB, ``region`` and the sequence number in eight digits. Raises
    ``ValueError`` for a scheme that nobody knows.
    """
    name, _, prefix = scheme.partition(":")
    if name == "uscc" and len(prefix) == 2:
        return uscc_make(prefix[0], prefix[1], region, organisation(licence))
    if name == "serial":
        return prefix + serial[:12]  # without its random tail
    if name == "region":
        return prefix + region + serial[4:12]
    raise ValueError(f"unknown numbering scheme {scheme!r}")
