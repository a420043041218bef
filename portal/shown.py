"""Which edition a page has shown: a signed text in its form, read again when the form comes."""

from django.core.signing import BadSignature, Signer

from services.rulebook import Rulebook

_SALT = "portal.shown"


def sign(book: Rulebook) -> str:
    """Return what the form carries of the edition that its page shows.

    The hash covers all that the page says of it: who is asked, for what, on which basis.
    """
    return Signer(salt=_SALT).sign(f"{book.code}:{book.number}:{book.hash}")


def read(text: str, code: str) -> int | None:
    """Return the number of the edition of a service that a page showed; None when forged."""
    try:
        service, number, _hash = Signer(salt=_SALT).unsign(text).split(":")
    except (BadSignature, ValueError):
        return None
    return int(number) if service == code else None
