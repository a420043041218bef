"""Encrypting and decrypting ID numbers of other people, wherever they are kept.

The stored form is ``idn:INDEX:MASK:BOX`` (``services.tokens``): the keyed hash that the person is
found by, the number as it may be shown, and the encrypted number.
"""

from __future__ import annotations

import base64
import binascii

from ledger import encryption
from people import identity
from people.names import normal_number
from people.numbers import STORED, id_number_ok


def protect(number: str) -> str:
    """The stored form of a number; a stored form that we made stays.

    Raises ``ValueError`` for a stored form that we did not make, or of no valid number.
    """
    if number.startswith(STORED):
        if not _is_ours(number):
            raise ValueError("no stored form of a number")
        return number
    number = normal_number(number)
    encrypted = base64.urlsafe_b64encode(identity.encrypt(number)).decode()
    return f"{STORED}{identity.index(number)}:{identity.mask(number)}:{encrypted}"


def protect_valid(number: object) -> str:
    """As ``protect``, of what somebody else has sent; raises ``ValueError`` for no valid number."""
    if not isinstance(number, str):
        raise ValueError("no number")
    if not number.startswith(STORED) and not id_number_ok(normal_number(number)):
        raise ValueError("no valid number")
    return protect(number)


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
