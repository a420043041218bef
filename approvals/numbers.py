"""Application numbers: made before the row is written, readable aloud, checked when typed.

``MP`` + date of the city + eight random characters + ISO 7064 MOD 37,36 check character. The
alphabet leaves out I, L, O and U; forty random bits a day make guessing pointless, and a page
never answers to the number alone.
"""

import datetime
import secrets

from people.numbers import mod37_36

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OF_BYTE = (ALPHABET * 8).encode()  # 256 bytes fall on 32 signs evenly


APPLICATION, BUNDLE = "MP", "YJ"  # how numbers begin: of applications, of bundled cases (一件事)


def new(on: datetime.date, kind: str = APPLICATION) -> str:
    """Return a new number, for example ``MP20261122K7W2M9QXD``."""
    body = f"{kind}{on:%Y%m%d}" + secrets.token_bytes(8).translate(_OF_BYTE).decode()
    return body + mod37_36(body)


def plausible(number: str, kind: str = APPLICATION) -> bool:
    """Is this the shape of such a number with the right check character?"""
    return (
        len(number) == 19
        and number.startswith(kind)
        and number.isascii()
        and number.isalnum()
        and mod37_36(number[:-1]) == number[-1]
    )
