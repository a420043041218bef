"""What a certificate says, as canonical bytes: pure, so that anybody can rebuild and check it.

The signed payload holds everything that is printed, and the full name, because a holder shows it
to whom he likes; the ID number is in it only masked. Numbers and dates are strings.
"""

import datetime
import decimal
from collections.abc import Mapping, Sequence
from typing import Any

from people.identity import mask_name

FORM = "1"  # of the payload; a reader refuses any other
ENTERPRISE = "enterprise"  # kind of a holder whose name and number are public (企业信息公示)
TYP = "miaopi-certificate+jws"  # of the JWS: no other kind of document passes for a certificate
LIST_BITS = 131_072  # least length of a W3C bitstring, for the privacy of the herd
_STEP = 56_891  # odd, so that n * step runs through every place of a list once


def place(serial: int) -> tuple[int, int]:
    """Return the (status list, bit) of the ``serial``-th certificate.

    Neighbours in time are strewn over the list, so that a bit tells nothing of its moment.
    """
    number, n = divmod(serial, LIST_BITS)
    return number, (n * _STEP + 7 * number) % LIST_BITS


def text(value: Any) -> Any:
    """Return a printed value as text (lists of them stay lists); absent is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [text(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): text(v) for k, v in value.items()}
    raise TypeError(f"a certificate cannot print a {type(value).__name__}")


def holder_name(payload: Mapping[str, Any]) -> str:
    """Return the holder's name as anybody may read it: of a person masked, of a business whole."""
    holder = payload["holder"]
    name = str(holder["name"])
    return name if holder.get("kind") == ENTERPRISE else mask_name(name)


def status_of(serial: int) -> dict[str, str]:
    number, bit = place(serial)
    return {"list": str(number), "index": str(bit)}


def printed_fields(fields: Sequence[Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pack's fields in their order with what is printed in each."""
    return [{"id": f.id, "zh": f.zh, "en": f.en, "value": text(values.get(f.id))} for f in fields]
