"""Bitstring Status Lists (W3C Recommendation, 2025): who checks offline asks once for thousands.

A list has 131,072 bits; the bit of a certificate is in its payload. Two lists run side by side:
``revocation`` (ended for good: revoked, superseded, expired, cancelled) and ``suspension``.
"""

import base64
import datetime
import gzip
import io
from collections.abc import Iterable, Mapping
from typing import Any

from certificates.payload import LIST_BITS, place
from certificates.states import ENDED, State
from ledger.events import instant

PURPOSES: Mapping[str, tuple[State, ...]] = {
    "revocation": ENDED,
    "suspension": (State.SUSPENDED,),
}
VALID_FOR = datetime.timedelta(days=1)  # afterwards nobody should rely on a list
LARGEST = LIST_BITS // 8  # bytes, unpacked


def encode(serials: Iterable[int]) -> str:
    """Return the list in which the bits of these certificates are set (multibase base64url)."""
    bits = bytearray(LARGEST)
    for serial in serials:
        _, bit = place(serial)
        bits[bit >> 3] |= 0x80 >> (bit & 7)  # the first bit is the leftmost
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def is_set(encoded: str, bit: int) -> bool:
    """Read one bit of a list; raises ``ValueError`` for what is no list of the right length."""
    if not encoded.startswith("u") or not 0 <= bit < LIST_BITS:
        raise ValueError("not a bitstring status list")
    raw = base64.urlsafe_b64decode(encoded[1:] + "=" * (-(len(encoded) - 1) % 4))
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
        bits = stream.read(LARGEST + 1)
    if len(bits) != LARGEST:
        raise ValueError("a status list of the wrong length")
    return bool(bits[bit >> 3] & 0x80 >> (bit & 7))


def credential(
    url: str, issuer: str, purpose: str, at: datetime.datetime, encoded: str
) -> dict[str, Any]:
    """Return the list as a verifiable credential (data model 2.0), to be signed as ``vc+jwt``."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": instant(at),
        "validUntil": instant(at + VALID_FOR),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded,
        },
    }
