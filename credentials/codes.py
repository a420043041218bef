"""Codes that are not stored: keyed hashes of the row that they open, compared in constant time."""

import hashlib
import hmac
import secrets
import uuid

from django.utils.crypto import salted_hmac

from ledger import keys

PIN_DIGITS = 6


def code(row: uuid.UUID, what: str) -> str:
    """Return the code of a row for ``what``: its id, and 256 bits that nobody guesses."""
    return f"{row.hex}.{_hash(row, what)}"


def read(text: str, what: str) -> uuid.UUID | None:
    """Return the row whose code this is; None where it is no code of ours."""
    name, _, given = text[:120].partition(".")
    try:
        row = uuid.UUID(hex=name)
    except ValueError:
        return None
    return row if name == row.hex and _is_equal(given, _hash(row, what)) else None


def _hash(row: uuid.UUID, what: str) -> str:
    return keys.b64(_mac(f"credentials.{what}", row.hex))


def _mac(salt: str, text: str) -> bytes:
    return salted_hmac(salt, text, algorithm="sha256").digest()


def _is_equal(given: str, ours: str) -> bool:
    """Compare in constant time; JSON may hold what is no text at all, such as half a surrogate."""
    return given.isascii() and hmac.compare_digest(given, ours)


def pin(row: uuid.UUID) -> str:
    """Return the digits that a wallet asks its owner for (``tx_code``)."""
    number = int.from_bytes(_mac("credentials.pin", row.hex)) % 10**PIN_DIGITS
    return f"{number:0{PIN_DIGITS}d}"


def is_pin(row: uuid.UUID, given: str) -> bool:
    return _is_equal(given, pin(row))


def nonce(now: float) -> str:
    """Return a nonce that says when it was made (seconds), so that none has to be stored."""
    text = f"{int(now):x}.{secrets.token_hex(16)}"
    return f"{text}.{keys.b64(_mac('credentials.nonce', text))}"


def nonce_age(given: str, now: float) -> float | None:
    """Return how old a nonce is, in seconds; None where it is none of ours."""
    text, _, mac = given[:200].rpartition(".")
    if not given.isascii() or not _is_equal(mac, keys.b64(_mac("credentials.nonce", text))):
        return None
    return now - int(text.partition(".")[0], 16)


def hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
