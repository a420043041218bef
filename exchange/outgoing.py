"""What may leave us in a message: numbers as text, and nobody's ID number or telephone.

Every body that goes to another agency passes ``outgoing`` (``outbox.notice`` calls it), whoever
made it and from whatever it was made. A number that its receiver needs is asked for through the
API, by case, where a look-up is kept.
"""

import re
from collections.abc import Mapping
from typing import Any

from people import identity
from people.numbers import id_number_ok

# kind of a notice: who receives it, and whom it may name in full; ``outbox.notice`` writes no other
KINDS: Mapping[str, str] = {
    "application.decided": "the agency whose program submitted it: nobody",
    "approval.answered": "the city that asked for our approval: nobody",
    "approval.reminded": "the agency whose approval is due soon: nobody",
    "approval.requested": "the agency whose approval is due: the applicant, and, encrypted for it,"
    " the ID number where its pack says so",
    "certificate.changed": "each agency that relied on the certificate: nobody",
    "dispute.opened": "the keeper of the disputed record: whom it is about",
    "dispute.reminded": "the same: as it was opened",
    "dispute.withdrawn": "the same: nobody",
    "filing.pushed": "the receiver: the licence's holder, and what its own form asked",
    "filing.reminded": "the receiver: as it was pushed",
    "filing.revoked": "the receiver: as it was pushed",
}
NO_FORM: Mapping[str, Any] = {}
# the stored form of a number in answers (services.tokens): idn:INDEX:MASK:ENCRYPTED
_STORED = re.compile(r"idn:[^:\s]*:([0-9Xx*]*):[A-Za-z0-9_\-=]*")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")


def outgoing(value: Any, form: Mapping[str, Any] = NO_FORM) -> Any:
    """Return JSON data as it may be sent: ID numbers masked in every text, numbers as text.

    A mobile number is masked in running text; a text of digits alone may be an amount. ``form`` is
    the JSON Schema of answers: it says which text is a telephone (``format: phone``), and whose
    name stands beside an ID number. Both are masked, for they are other people's.
    """
    if isinstance(value, str):
        return _text(value, form)
    if isinstance(value, Mapping):
        parts = form.get("properties", NO_FORM)
        of_person = any(part.get("format") == "id-number" for part in parts.values())
        return {
            outgoing(str(key)): identity.mask_name(item)
            if of_person and key == "name" and isinstance(item, str)
            else outgoing(item, parts.get(key, NO_FORM))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        items = form.get("items", NO_FORM)
        return [outgoing(item, items) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _text(value: str, form: Mapping[str, Any]) -> str:
    if form.get("format") == "phone":
        return identity.mask_phone(value)
    masked = _NUMBER.sub(_masked, _STORED.sub(r"\1", value))
    if masked.isdecimal():
        return masked
    return _PHONE.sub(lambda found: identity.mask_phone(found.group()), masked)


def _masked(found: re.Match[str]) -> str:
    number = found.group()
    return identity.mask(number) if id_number_ok(number.upper()) else number
