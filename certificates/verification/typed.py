"""A certificate's number as people type and paste it, read as the number that is meant. Pure.

For pages alone: the API wants the number as it is written.
"""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

LONGEST = 300
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\uff0d]")
_ADDRESS = re.compile(r"^(?:https?:)?/{1,2}|/verify/|^[a-z0-9.-]+(?::[0-9]+)?/", re.IGNORECASE)


def number(text: str) -> str:
    """Return the number in a text: in full width, with spaces, invisible signs, or as an address.

    Of an address, such as a QR code holds, its last part.
    """
    text = unicodedata.normalize("NFKC", _DASHES.sub("-", text[:LONGEST]))
    text = "".join(s for s in text if not s.isspace() and unicodedata.category(s) != "Cf")
    if _ADDRESS.search(text):
        text = unquote(urlsplit(text).path).rstrip("/").rpartition("/")[2]
    return text.strip("。,;\"'()<>[]“”‘’「」《》")
