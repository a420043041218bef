"""Who came to a counter, as an officer enters it, and how pages carry it on to the last one.

Nothing is stored until the application is handed in: each page posts the arrival again, signed,
with numbers encrypted, good for this officer and two hours.
"""

import base64
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import TextChoices
from django.utils.translation import gettext

from approvals.actions import Applicant, Presence, Representative
from approvals.rows.intakes import Acting, Authority, Paper, Relation
from city.model import Counter
from exchange import kinship
from people import identity, names
from people.actors import Actor
from people.language import in_language
from services.rulebook import Rulebook

SALT = "counter.arrival"
LONGEST = datetime.timedelta(hours=2)
FIELD = "arrival"  # of the forms
TICKS = ("seen", "agreed")  # what the officer states


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who applies for what at which counter, and what the officer saw.

    ``case``: the number of the returned application that is to be corrected; else empty.
    """

    service: str
    applicant: Applicant
    presence: Presence
    case: str = ""


def carry(arrival: Arrival, by: Actor) -> str:
    """Return the arrival as text for a page of ``by``; no number can be read in it."""
    acts, applicant, presence = arrival.presence.representative, arrival.applicant, arrival.presence
    return signing.dumps(
        {
            "by": str(by),
            "service": arrival.service,
            "case": arrival.case,
            "applicant": [applicant.kind, _hide(applicant.number), applicant.name],
            "counter": presence.counter,
            "acting": presence.acting,
            "paper": presence.paper,
            "consented_at": presence.consented_at.isoformat(),
            "representative": acts
            and [
                _hide(acts.number),
                acts.name,
                acts.paper,
                acts.authority,
                acts.on.isoformat() if acts.on else "",
                acts.relation,
                acts.note,
            ],
        },
        salt=SALT,
    )


def read(text: str, by: Actor) -> Arrival | None:
    """Return what a page of ``by`` carries; None where it is forged, old or another officer's."""
    try:
        found = signing.loads(text, salt=SALT, max_age=LONGEST)
    except signing.BadSignature:
        return None
    if found["by"] != str(by):
        return None
    kind, number, name = found["applicant"]
    representative = None
    if found["representative"]:
        other, other_name, paper, authority, on, relation, note = found["representative"]
        representative = Representative(
            number=_reveal(other),
            name=other_name,
            paper=paper,
            authority=authority,
            on=datetime.date.fromisoformat(on) if on else None,
            relation=relation,
            note=note,
        )
    return Arrival(
        service=found["service"],
        applicant=Applicant(kind, _reveal(number), name),
        presence=Presence(
            counter=found["counter"],
            acting=found["acting"],
            paper=found["paper"],
            consented_at=datetime.datetime.fromisoformat(found["consented_at"]),
            representative=representative,
        ),
        case=found["case"],
    )


def _hide(number: str) -> str:
    return base64.urlsafe_b64encode(identity.encrypt(names.normal_number(number))).decode()


def _reveal(text: str) -> str:
    return identity.decrypt(base64.urlsafe_b64decode(text))


def entered(answers: Mapping[str, Any], book: Rulebook, now: datetime.datetime) -> Arrival:
    """Return the arrival that a form says; nothing of it is checked here."""
    applicant = Applicant(
        book.pack.applicant, str(answers.get("number", "")), str(answers.get("name", ""))
    )
    return Arrival(book.code, applicant, presence(answers, now))


def presence(answers: Mapping[str, Any], now: datetime.datetime) -> Presence:
    """Return who came and which originals were seen, as a form says; nothing is checked here."""
    acts = answers.get("representative") or {}
    on = str(acts.get("on", ""))
    return Presence(
        counter=str(answers.get("counter", "")),
        acting=str(answers.get("acting", "")),
        paper=str(answers.get("paper", "")),
        consented_at=now,
        representative=Representative(
            number=str(acts.get("number", "")),
            name=str(acts.get("name", "")),
            paper=str(acts.get("paper", "")),
            authority=str(acts.get("authority", "")),
            on=_date(on),
            relation=str(acts.get("relation", "")),
            note=str(acts.get("note", "")),
        )
        if acts
        else None,
    )


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def pointer(field: str) -> str:
    """Return where the form shows what an action rejects."""
    return field.removeprefix("/applicant").removeprefix("/intake")


def form(books: Sequence[Rulebook], counters: Sequence[Counter]) -> dict[str, Any]:
    """Return the form of who comes to apply as a JSON Schema, for ``portal.forms``."""
    services = [_choice(book.code, in_language(book.pack.name)) for book in books]
    return _form(
        counters,
        service=_question(gettext("Service"), oneOf=services, **{"x-widget": "select"}),
        name=_question(gettext("Applicant's name as on the document"), maxLength=100),
    )


def form_of_correction(counters: Sequence[Counter]) -> dict[str, Any]:
    """Return the form of who comes to correct an application; the case has its name."""
    return _form(counters, case=_question(gettext("Reference"), maxLength=40))


def _form(counters: Sequence[Counter], **own: dict[str, Any]) -> dict[str, Any]:
    places = [_choice(counter.code, in_language(counter)) for counter in counters]
    name = {"name": own.pop("name")} if "name" in own else {}
    return {
        "type": "object",
        "required": [*own, "counter", "number", *name, "paper", "acting", *TICKS],
        "properties": {
            **own,
            "counter": _question(gettext("Counter"), oneOf=places, **{"x-widget": "select"}),
            "number": _question(gettext("Applicant's ID number or credit code"), maxLength=24),
            **name,
            "paper": _question(
                gettext("Original seen of the applicant"),
                oneOf=_choices(Paper),
                **{"x-widget": "select"},
            ),
            "acting": _question(
                gettext("Who hands it in"), oneOf=_choices(Acting), **{"x-widget": "radio"}
            ),
            "representative": _representative(),
            "seen": _tick(gettext("I have seen the originals named here, and they fit who came.")),
            "agreed": _tick(
                gettext(
                    "Whoever came knows which registries are read to fill in the form, and agrees."
                )
            ),
        },
    }


def _representative() -> dict[str, Any]:
    title = gettext("Who acts for the applicant (leave empty where the applicant came)")
    return {
        "type": "object",
        "x-zh": title,
        "x-en": title,
        "properties": {
            "number": _question(gettext("ID number"), maxLength=24),
            "name": _question(gettext("Name as on the document"), maxLength=100),
            "paper": _question(
                gettext("Original seen"),
                oneOf=[c for c in _choices(Paper) if c["const"] != Paper.LICENCE],
                **{"x-widget": "select"},
            ),
            "relation": _question(
                gettext("A guardian is to the applicant"),
                oneOf=_choices(Relation),
                **{"x-widget": "select"},
            ),
            "authority": _question(
                gettext("What shows that they may act"),
                oneOf=[
                    choice
                    for choice in _choices(Authority)
                    if choice["const"] != Authority.REGISTRY or kinship.is_kept()
                ],
                **{"x-widget": "select"},
            ),
            "on": {**_question(gettext("Day of that paper")), "format": "date"},
            "note": _question(gettext("Its number and who issued it"), maxLength=200),
        },
    }


def _question(label: str, **more: Any) -> dict[str, Any]:
    """A label is in the reader's language already: it stands for both."""
    return {"type": "string", "x-zh": label, "x-en": label, **more}


def _tick(label: str) -> dict[str, Any]:
    return {"type": "boolean", "const": True, "x-widget": "checkbox", "x-zh": label, "x-en": label}


def _choice(value: str, label: str) -> dict[str, str]:
    return {"const": value, "x-zh": label, "x-en": label}


def _choices(kind: type[TextChoices]) -> list[dict[str, str]]:
    return [_choice(choice.value, str(choice.label)) for choice in kind]
