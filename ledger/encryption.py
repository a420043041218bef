"""Encryption of single values at rest: AES-256-GCM with a key id, so that keys can change.

The form is ``0x01`` (version), 4 bytes key id, 12 bytes random nonce, 1 byte length of what it is
bound to, that, then ciphertext and tag. What it is bound to is authenticated, not secret.
"""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import keys

VERSION = 1


class DecryptionError(ValueError):
    """What we did not encrypt like this, or was moved to another row."""


@lru_cache(maxsize=64)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def encrypt(purpose: str, data: bytes, bound: bytes = b"") -> bytes:
    """Encrypt ``data`` with the key in use for ``purpose``, bound to up to 255 bytes."""
    key = keys.symmetric(purpose)
    nonce = secrets.token_bytes(12)
    head = bytes((VERSION,)) + key.id + nonce + bytes((len(bound),)) + bound
    return head + _cipher(key.secret).encrypt(nonce, data, purpose.encode() + head)


def decrypt(purpose: str, encrypted: bytes | memoryview) -> tuple[bytes, bytes]:
    """Return the data and what it is bound to; raises ``DecryptionError``.

    The caller compares the second with the row that the value was found in.
    """
    encrypted = bytes(encrypted)
    if len(encrypted) < 34 or encrypted[0] != VERSION:
        raise DecryptionError("this is no encrypted value of ours")
    key = keys.cache.secret(encrypted[1:5])
    if key is None:
        raise DecryptionError(f"encrypted with key {encrypted[1:5].hex()}, which is not here")
    nonce, end = encrypted[5:17], 18 + encrypted[17]
    try:
        data = _cipher(key.secret).decrypt(
            nonce, encrypted[end:], purpose.encode() + encrypted[:end]
        )
    except InvalidTag:
        raise DecryptionError("the value was changed, or encrypted for another purpose") from None
    return data, encrypted[18:end]
