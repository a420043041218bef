"""Encrypting and decrypting ID numbers in answers; needs the keys. The pure part is ``tokens``."""

from __future__ import annotations

import base64
import binascii

from ledger import encryption
from people import identity
from people.names import normal_number
from people.numbers import id_number_ok
from services.tokens import PREFIX


def protect(number: str) -> str:
    """The stored form of a number; a stored form that we made stays.

    Raises ``ValueError`` for a stored form that we did not make, or of no valid number.
    """
    if number.startswith(PREFIX):
        if not _is_ours(number):
            raise ValueError("no stored form of a number")
        return number
    number = normal_number(number)
    encrypted = base64.urlsafe_b64encode(identity.encrypt(number)).decode()
    return f"{PREFIX}{identity.index(number)}:{identity.mask(number)}:{encrypted}"


def _is_ours(text: str) -> bool:
    """Whether a stored form was made by us, of a valid number."""
    try:
        return id_number_ok(unprotect(text))
    except (encryption.DecryptionError, ValueError, binascii.Error):
        return False


def unprotect(text: str) -> str:
    """The number itself; raises ``ValueError`` or ``ledger.encryption.DecryptionError``."""
    _prefix, subject, mask, encrypted = text.split(":")
    number = identity.decrypt(base64.urlsafe_b64decode(encrypted), subject)
    if identity.mask(number) != mask:
        raise ValueError("the mask is not this number's")
    return number
