"""Logs without identity numbers: whatever a careless address, message or traceback carries.

The last gate, not the only one: nothing of ours writes a number into a log on purpose.
"""

import logging
import re

# 18 characters with a birth date in the middle (GB 11643), also inside a longer word
_NUMBER = re.compile(
    r"(?<![0-9])([1-9][0-9]{3})[0-9]{2}(?:19|20)[0-9]{6}([0-9]{3}[0-9Xx])(?![0-9])"
)


def masked(text: str) -> str:
    """Return ``text`` with every identity number in it masked, as ``people.identity.mask``."""
    return _NUMBER.sub(r"\1**********\2", text)


class Formatter(logging.Formatter):
    """Masks the whole record as it is written, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
