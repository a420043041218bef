"""What people read for our codes: registries, events, reasons of a hand-over, who acted.

Every text is a translatable string; nothing here decides anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from services import explain
from services.rules import Rulebook

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Register:
    """How a registry is called, and who keeps it and may correct it."""

    name: Text
    keeper: Text


REGISTERS = {
    "population": Register(_("Population register"), _("the public security bureau")),
    "social": Register(_("Social insurance"), _("the human resources bureau")),
    "education": Register(_("Degree register"), _("the education authority")),
    "criminal": Register(_("Offence records"), _("the public security bureau")),
    "credit": Register(_("Court's list of dishonest debtors"), _("the court of enforcement")),
    "enterprise": Register(_("Enterprise register"), _("the market regulation bureau")),
    "address": Register(_("Address register"), _("the grid management office")),
    "answers": Register(_("Your answer"), _("you")),
}

EVENTS: Mapping[str, Text] = {
    "submitted": _("Handed in"),
    "resubmitted": _("Corrected and handed in again"),
    "approved": _("Approved"),
    "returned": _("Returned for correction"),
    "handed_over": _("Handed to an officer"),
    "awaiting": _("Another agency was asked"),
    "consent_answered": _("An agency answered"),
    "resumed": _("The agency agreed; checked again"),
    "taken": _("Taken by an officer"),
    "released": _("Put back into the queue"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn"),
    "expired": _("Closed: not corrected in time"),
    "reopened": _("Looked at again on request"),
}

REASONS: Mapping[str, Text] = {
    "person_requested": _("The applicant asked for a person"),
    "automatic_off": _("Automatic decisions are switched off for this service"),
    "unprintable_name": _("The name has a character that cannot be printed yet"),
    "contested": _("The decision is contested"),
    "engine_failed": _("The system could not finish this case"),
    "consent_denied": _("Another agency did not agree"),
    "unmet": _("Not met"),
    "unknown": _("Not known"),
    "denied": _("Another agency did not agree"),
    "asked": _("Another agency has not answered"),
    "needed": _("Another agency must agree"),
}


def register(code: str) -> Text:
    """Return a registry's name; an unnamed one keeps its code."""
    known = REGISTERS.get(code)
    return known.name if known else code


def keeper(code: str) -> Text:
    known = REGISTERS.get(code)
    return known.keeper if known else code


def event(kind: str) -> Text:
    return EVENTS.get(kind, kind)


def reasons(handover: str, book: Rulebook) -> list[str]:
    """Return why a case is with an officer, from ``Application.handover`` (code[,code ...])."""
    named = explain.titles(book, _tongue())
    return [_reason(code, named) for code in handover.split(",") if code]


def _reason(code: str, named: Mapping[str, str]) -> str:
    """``degree:unmet``, ``consent_denied:food_permit``, ``contested``."""
    parts = code.split(":")
    head = next((REASONS[part] for part in parts if part in REASONS), None)
    what = next((named[part] for part in parts if part in named), "")
    if head is None:
        return what or code
    return f"{head}: {what}" if what else str(head)


def _tongue() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


def actor(by: str) -> str:
    """Return who acted, as far as the applicant may know: the system, an officer, an agency."""
    kind, _colon, code = by.partition(":")
    if kind == "machine":
        return gettext("System")
    if kind == "citizen":
        return gettext("Applicant")
    return gettext("Officer") if kind == "officer" else code
