"""Sealing and opening ID numbers in answers; needs the keys. The pure part is in ``tokens``."""

from __future__ import annotations

import base64
import binascii

from ledger import boxes
from people import identity
from people.numbers import id_number_ok
from services.tokens import START


def protect(number: str) -> str:
    """The stored form of a number; what is stored already stays."""
    if number.startswith(START):
        return number
    box = base64.urlsafe_b64encode(identity.encrypt(number)).decode()
    return f"{START}{identity.index(number)}:{identity.mask(number)}:{box}"


def genuine(text: str) -> bool:
    """Whether a stored form was made by us, of a valid number."""
    try:
        return id_number_ok(unprotect(text))
    except (boxes.Tampered, ValueError, binascii.Error):
        return False


def unprotect(text: str) -> str:
    """The number itself; raises ``ValueError`` or ``ledger.boxes.Tampered``."""
    _start, subject, mask, box = text.split(":")
    number = identity.decrypt(base64.urlsafe_b64decode(box), subject)
    if identity.mask(number) != mask:
        raise ValueError("the mask is not this number's")
    return number
