"""What pages say of entitlements: states, events, payments, reasons."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entitlements.actions.moving import OFFICER, REOPENED
from entitlements.rules import EDITION
from services.entitlement import AMOUNT
from services.pack.entitlement import EntitlementSpec


class Face(NamedTuple):
    """How a state looks to a citizen: tone and sign of its chip, and what it means."""

    tone: str
    sign: str
    sentence: str | Promise


FACES: Mapping[str, Face] = {
    "active": Face("ok", "met", _("It is paid. You need do nothing.")),
    "suspended": Face(
        "wait", "clock", _("It is not paid for now, and goes on by itself when the reason is gone.")
    ),
    "held": Face(
        "wait",
        "person",
        _("An officer finds out. What is due meanwhile is kept and paid afterwards."),
    ),
    "ended": Face("plain", "not_applicable", _("It has ended; nothing more is paid.")),
}
EVENTS: Mapping[str, str | Promise] = {
    "granted": _("granted"),
    "amount_changed": _("the amount changed"),
    "suspended": _("suspended"),
    "held": _("held for an officer"),
    "resumed": _("is paid again"),
    "ended": _("ended"),
    "confirmed": _("its holder confirmed that nothing has changed"),
    "overpaid": _("overpaid, as was found"),
    "payment_returned": _("the bank sent a payment back"),
    "recovery_proposed": _("an officer proposed what becomes of the overpayment"),
    "recovery_sent_back": _("a second officer did not agree to the proposal"),
    "recovery_decided": _("two officers decided about the overpayment"),
}
LIST_EVENTS: Mapping[str, str | Promise] = {
    "released": _("released for payment"),
    "exported": _("taken to the treasury"),
    "paid": _("paid, as the treasury says"),
    "returned": _("the bank sent a payment back"),
}
INTERNAL = ("recovery_proposed", "recovery_sent_back")  # between officers: not for the holder
PERIODS: Mapping[str, str | Promise] = {
    "month": _("yuan a month"),
    "quarter": _("yuan a quarter"),
    "year": _("yuan a year"),
}
OTHER: Mapping[str, str | Promise] = {
    OFFICER: _("an officer decided so"),
    REOPENED: _("the application was opened again"),
    EDITION: _("the rules in force say nothing of it; an officer finds out"),
    AMOUNT: _("the amount is not known; an officer finds out"),
}
NOBODY_ANSWERS = _("a registry did not answer, so an officer finds out")


def reasons(why: list[str], spec: EntitlementSpec | None, language: str) -> list[dict[str, Any]]:
    """Return each reason in words, with its law; those that nobody knows once, without details."""
    changes = {change.id: change for change in spec.changes} if spec else {}
    found: list[dict[str, Any]] = []
    for one in why:
        name, _colon, _unknown = one.partition(":")
        if name != one:
            found.append({"text": NOBODY_ANSWERS, "law": ""})
        elif name in changes:
            change = changes[name]
            text = change.en if language == "en" else change.zh
            found.append({"text": text, "law": change.law})
        else:
            found.append({"text": OTHER.get(name, NOBODY_ANSWERS), "law": ""})
    return [one for place, one in enumerate(found) if one not in found[:place]]
