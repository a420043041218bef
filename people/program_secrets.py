"""How programs identify themselves: with random secrets, of which only a hash is kept."""

import base64
import binascii
import hashlib
from urllib.parse import unquote_plus


def hash_of(secret: str) -> bytes:
    """Return what is kept of a token or secret: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def basic(header: str) -> tuple[str, str] | None:
    """Return the name and secret of an ``Authorization: Basic`` header (RFC 6749, 2.3.1).

    None where it is of another scheme, or cannot be read.
    """
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, secret = decoded.partition(":")
    return (unquote_plus(name), unquote_plus(secret)) if colon else None
