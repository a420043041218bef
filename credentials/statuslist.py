"""Token Status Lists (draft-ietf-oauth-status-list): pure. Two bits for each entry of 131,072.

The bits are packed from the least significant end of each byte, and deflated (zlib, RFC 1950).
"""

import datetime
import zlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from credentials.sdjwt import b64, unb64

TYP = "statuslist+jwt"
BITS = 2
ENTRIES = 131_072  # of a list, of which half are given away at most
VALID_FOR = datetime.timedelta(days=1)  # afterwards nobody may rely on a list
FRESH_FOR = datetime.timedelta(hours=1)  # afterwards whoever checks asks again (``ttl``)
_LARGEST = ENTRIES * BITS // 8  # bytes, unpacked


class Status(IntEnum):
    VALID = 0
    INVALID = 1  # ended for good
    SUSPENDED = 2


def encode(statuses: Mapping[int, Status]) -> str:
    """Return the list in which these entries have these statuses, and all others are valid."""
    packed = bytearray(_LARGEST)
    for place, status in statuses.items():
        byte, shift = divmod(place * BITS, 8)
        packed[byte] |= status << shift
    return b64(zlib.compress(bytes(packed), 9))


def read(encoded: str, bits: int, place: int) -> int:
    """Return the status of one entry; raises ``ValueError`` for what is no list of ours."""
    if bits != BITS or not 0 <= place < ENTRIES:
        raise ValueError("not one of our lists")
    unpacking = zlib.decompressobj()
    try:
        packed = unpacking.decompress(unb64(encoded), _LARGEST + 1)
    except zlib.error:
        raise ValueError("the list cannot be unpacked") from None
    if len(packed) != _LARGEST:
        raise ValueError("a list of the wrong length")
    byte, shift = divmod(place * BITS, 8)
    return packed[byte] >> shift & (1 << BITS) - 1


def token(url: str, at: datetime.datetime, encoded: str) -> dict[str, Any]:
    """Return the claims of a status list token, to be signed as ``statuslist+jwt``."""
    issued = int(at.timestamp())
    return {
        "sub": url,
        "iat": issued,
        "exp": issued + int(VALID_FOR.total_seconds()),
        "ttl": int(FRESH_FOR.total_seconds()),
        "status_list": {"bits": BITS, "lst": encoded},
    }
