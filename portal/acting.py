"""Applying online for somebody else: for whom and by which right, and how pages carry it on.

Nothing is stored until the application is handed in. Each page posts it again, signed, its number
encrypted, good for this person, one service and as long as a log-in lasts; the action asks for the
right anew. Where it is good no longer, it is asked anew for whom, and what was filled in goes on.
"""

import base64
import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext

from approvals.actions import Applicant, Represents, mandates
from approvals.models import Application, Mandate
from approvals.rows.intakes import Acting
from people import identity, names
from people.actors import Actor
from portal.filling import EntryPoint
from services.rulebook import Rulebook

SALT = "portal.acting"
FIELD = "represented"  # of the forms
FILLED_IN = "filled_in"  # of the page that asks for whom: the form that it was left for
# what a form posts besides its answers, and where it goes on
_PLACE = ("edition", "blocks", "part", "seen", "by_person", "materials")


@dataclass(frozen=True, slots=True)
class Represented:
    """For whom somebody fills in a form, by which right."""

    service: str
    applicant: Applicant
    represents: Represents


def carry(one: Represented, by: Actor) -> str:
    """Return it as text for a page of ``by``; no number can be read in it."""
    hidden = identity.encrypt(names.normal_number(one.applicant.number))
    mandate = one.represents.mandate
    return signing.dumps(
        {
            "by": str(by),
            "service": one.service,
            "number": base64.urlsafe_b64encode(hidden).decode(),
            "name": one.applicant.name,
            "acting": one.represents.acting,
            "mandate": mandate.hex if mandate else "",
        },
        salt=SALT,
    )


def read(text: str, service: str, by: Actor) -> Represented | None:
    """Return what a page carries; None: forged, old, of somebody else or of another service."""
    try:
        found = signing.loads(text, salt=SALT, max_age=settings.SESSION_COOKIE_AGE)
    except signing.BadSignature:
        return None
    if (found["by"], found["service"]) != (str(by), service):
        return None
    number = identity.decrypt(base64.urlsafe_b64decode(found["number"]))
    key = uuid.UUID(found["mandate"]) if found["mandate"] else None
    applicant = Applicant("person", number, found["name"])
    return Represented(service, applicant, Represents(found["acting"], key))


def leave(posted: QueryDict) -> str:
    """Return the answers of a form, and where it stood, as text for the page that asks for whom.

    That page carries it on (``FILLED_IN``). Nothing where there was no form: it names its edition.
    """
    if "edition" not in posted:
        return posted.get(FILLED_IN, "")
    kept = [[n, v] for n, v in _pairs(posted) if n.startswith("/") or n in _PLACE]
    return orjson.dumps(kept).decode()


def _pairs(posted: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in posted.lists():
        yield from ((name, value) for value in values)


def go_back(text: str) -> QueryDict | None:
    """Return the form that was left, to be shown as it was; None where none was."""
    try:
        pairs = orjson.loads(text)
        posted = QueryDict(mutable=True)
        for name, value in pairs:
            if isinstance(name, str) and isinstance(value, str):
                posted.appendlist(name, value)
    except (ValueError, TypeError):  # nobody's page has this
        return None
    posted["step"] = "edit"
    return posted


def typed(one: Represented) -> dict[str, Any]:
    """Return what a guardian has typed of for whom; of a principal an agent has typed nothing."""
    if one.represents.acting != Acting.GUARDIAN:
        return {}
    return {"name": one.applicant.name, "number": one.applicant.number}


def of_mandate(key: str, book: Rulebook, by: Actor, now: datetime.datetime) -> Represented:
    """Return for whom ``by`` applies by a mandate; raises ``ActionRejected`` (404)."""
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        raise mandates.no_mandate() from None
    found: Mandate | None = next((m for m in mandates.of_agent(by, now) if m.pk == wanted), None)
    if found is None or found.service_id != book.code or found.principal.number is None:
        raise mandates.no_mandate()
    number = identity.decrypt(bytes(found.principal.number), found.principal.subject)
    applicant = Applicant("person", number, found.principal.name)
    return Represented(book.code, applicant, Represents(Acting.AGENT.value, found.pk))


def of_ward(answers: Mapping[str, Any], book: Rulebook) -> Represented:
    """Return for whom a guardian applies, as was typed; nothing of it is checked here."""
    typed = (str(answers.get("number", "")), names.normal(str(answers.get("name", ""))))
    applicant = Applicant("person", names.normal_number(typed[0]), typed[1])
    return Represented(book.code, applicant, Represents(Acting.GUARDIAN.value))


def entry(
    one: Represented, by: Actor, address: str, done: Callable[[Application], str]
) -> EntryPoint:
    """Return how the pages that follow are filled in."""
    return EntryPoint(
        by=by,
        applicant=one.applicant,
        address=address,
        done=done,
        channel=one.represents.acting,
        purpose="represented",
        head="portal/parts/acting.html",
        carried=((FIELD, carry(one, by)),),
        represents=one.represents,
        words={"acting": str(Acting(one.represents.acting).label)},
    )


def ward_form() -> dict[str, Any]:
    """Return the form of for whom a guardian applies as a JSON Schema, for ``portal.forms``."""
    agreed = gettext(
        "I am their guardian, and agree that the registry of kinship is asked about it for this"
        " application; the look-up is recorded."
    )
    return {
        "type": "object",
        "required": ["name", "number", "agreed"],
        "properties": {
            "name": question(gettext("Name of the child or ward"), maxLength=100),
            "number": question(gettext("ID number of the child or ward"), maxLength=24),
            "agreed": {
                **question(agreed),
                "type": "boolean",
                "const": True,
                "x-widget": "checkbox",
            },
        },
    }


def question(label: str, **more: Any) -> dict[str, Any]:
    """A label is in the reader's language already: it stands for both."""
    return {"type": "string", "x-zh": label, "x-en": label, **more}
