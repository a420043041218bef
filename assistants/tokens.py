"""Access tokens of assistants: signed, short, for one mandate, one assistant and one door.

They are kept nowhere. Each request asks PostgreSQL whether the mandate that a token names is still
in force, so that ending it ends every token of it.
"""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from approvals.models import AssistantMandate

_SALT = "assistants.token"
LONGEST = 400  # characters of one that is read at all


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: by which mandate, which assistant, at which door (its URL)."""

    mandate: uuid.UUID
    assistant: str
    resource: str


def issue(mandate: AssistantMandate) -> str:
    said = {"m": mandate.pk.hex, "a": mandate.assistant_id, "r": settings.ASSISTANTS.url}
    return signing.dumps(said, salt=_SALT)


def read(text: str) -> Token | None:
    """Return what a token says that we issued lately; None for any other text."""
    if len(text) > LONGEST:
        return None
    try:
        said = signing.loads(text, salt=_SALT, max_age=settings.ASSISTANTS.token_seconds)
    except signing.BadSignature:
        return None
    return Token(uuid.UUID(said["m"]), said["a"], said["r"])
