"""How numbers that identify a person are kept: found by keyed hash, encrypted, shown masked.

The number itself is in no log, URL, task argument, file name or Redis key: there, ``index``
stands for it. In the database it is encrypted (AES-256-GCM, see ``ledger.encryption``).
"""

import hashlib
import hmac

from ledger import encryption, keys


def index(number: str) -> str:
    """Return the keyed hash that a number is found by: 32 hex characters of HMAC-SHA256.

    Spaces around it are dropped and letters made capital first, so that one number has one
    index. Works for any identifying text (ID number, USCC, address code). Without the key the
    10^17 possible numbers cannot be tried.
    """
    text = number.strip().upper().encode()
    return hmac.digest(keys.symmetric("index").secret, text, hashlib.sha256).hex()[:32]


def encrypt(number: str, subject: str = "") -> bytes:
    """Encrypt a number for the database, bound to its own ``index``.

    Give it as ``subject`` where it was reckoned already.
    """
    number = number.strip().upper()
    return encryption.encrypt("identity", number.encode(), bytes.fromhex(subject or index(number)))


def decrypt(encrypted: bytes | memoryview, subject: str = "") -> str:
    """Decrypt what ``encrypt`` made; raises ``ledger.encryption.DecryptionError``.

    Give ``subject``, the index in the same row, wherever there is one: then a value that was
    moved from another person's row is refused.
    """
    data, bound = encryption.decrypt("identity", encrypted)
    number = data.decode()
    if bound.hex() != index(number) or (subject and bound.hex() != subject):
        raise encryption.DecryptionError("the number belongs to another row")
    return number


def mask(number: str) -> str:
    """Show a number's first and last four characters: ``1101**********0022``."""
    if len(number) <= 8:
        return "*" * len(number)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def mask_phone(number: str) -> str:
    """Show a telephone number's first three and last four digits: ``138****8000``."""
    number = number.strip()
    if len(number) <= 7:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_name(name: str) -> str:
    """Show a name's first character: ``张**``; of a name in Latin letters, ``J***``.

    Of a name of one character nothing is shown: its first is all of it.
    """
    name = name.strip()
    if len(name) < 2:
        return "*" * len(name)
    if name.isascii():
        return name[:1] + "***"
    return name[:1] + "*" * (len(name) - 1)
