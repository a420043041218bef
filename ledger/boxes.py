"""Encryption of single values at rest: AES-256-GCM with a key id, so that keys can change.

A box is ``0x01`` (version), 4 bytes key id, 12 bytes random nonce, 1 byte length of what it is
bound to, that, then ciphertext and tag. What it is bound to is authenticated, not secret.
"""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import keys

VERSION = 1


class Tampered(ValueError):
    """A box that we did not lock like this, or that was moved to another row."""


@lru_cache(maxsize=64)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def lock(purpose: str, data: bytes, bound: bytes = b"") -> bytes:
    """Encrypt ``data`` with the key in use for ``purpose``, bound to up to 255 bytes."""
    key = keys.field(purpose)
    nonce = secrets.token_bytes(12)
    head = bytes((VERSION,)) + key.id + nonce + bytes((len(bound),)) + bound
    return head + _cipher(key.secret).encrypt(nonce, data, purpose.encode() + head)


def unlock(purpose: str, box: bytes | memoryview) -> tuple[bytes, bytes]:
    """Return the data and what it was bound to; raises ``Tampered``.

    The caller compares the second with the row that the box was found in.
    """
    box = bytes(box)
    if len(box) < 34 or box[0] != VERSION:
        raise Tampered("this is no sealed value of ours")
    key = keys.ring.secret(box[1:5])
    if key is None:
        raise Tampered(f"sealed with key {box[1:5].hex()}, which is not here")
    nonce, end = box[5:17], 18 + box[17]
    try:
        data = _cipher(key.secret).decrypt(nonce, box[end:], purpose.encode() + box[:end])
    except InvalidTag:
        raise Tampered("the sealed value was changed, or sealed for another purpose") from None
    return data, box[18:end]
