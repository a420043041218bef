"""What may leave us in a message: numbers as text, and nobody's ID number.

Every body that goes to another agency passes ``outgoing`` (``outbox.notice`` calls it), whoever
made it and from whatever it was made. A number that its receiver needs is asked for through the
API, by case, where a look-up is kept.
"""

import re
from collections.abc import Mapping
from typing import Any

from people import identity
from people.numbers import id_number_ok

# the stored form of a number in answers (services.tokens): idn:INDEX:MASK:ENCRYPTED
_STORED = re.compile(r"idn:[^:\s]*:([0-9Xx*]*):[A-Za-z0-9_\-=]*")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")


def outgoing(value: Any) -> Any:
    """Return JSON data as it may be sent: ID numbers masked in every text, numbers as text."""
    if isinstance(value, str):
        return _NUMBER.sub(_masked, _STORED.sub(r"\1", value))
    if isinstance(value, Mapping):
        return {outgoing(str(key)): outgoing(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [outgoing(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _masked(found: re.Match[str]) -> str:
    number = found.group()
    return identity.mask(number) if id_number_ok(number.upper()) else number
