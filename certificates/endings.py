"""Why a certificate is no longer in force: for its holder with the reason, for others without.

Whoever withdraws a permit says on what ground in law, from which day, and how to contest it
(行政许可法 art. 7, 69, 70). What an officer wrote may name people, so only the holder reads it.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, Revocation
from certificates.states import State
from certificates.words import LAW
from ledger import canonical
from ledger.models import Event

REMEDY = {
    "zh": "不服的，可自知道该决定之日起六十日内申请行政复议，或者自知道之日起六个月内"
    "依法提起行政诉讼。",
    "en": "You may apply for administrative reconsideration within sixty days, or bring a suit"
    " within six months, of learning of this decision.",
}
ENDORSE = {
    "zh": "办理签注后立即恢复，可在线申请。",
    "en": "It is in force again as soon as it is endorsed, which you may apply for online.",
}
REMEDY_LAW = "行政许可法 §7；行政复议法 §20；行政诉讼法 §46"
SUSPENSION_LAW = "行政许可法 §61、§69"
LAPSED = "lapsed"  # in the event of a suspension: the last day of the endorsement
ENDED_BY = "application"  # in the event of an end: the number of the case that ended it
CANCELLATION_LAW = "行政许可法 §70"


@dataclass(frozen=True, slots=True)
class Ending:
    """Ground (in the reader's language, when it is shown) and law; ``reason`` for the holder."""

    code: str  # of the ground, "" without one
    ground: Any
    law: str
    reason: str


def ending_of(certificate: Certificate, state: str) -> Ending | None:
    """Return why the certificate is in ``state``; None for what no officer decided."""
    if state == State.REVOKED:
        found = (
            Revocation.objects.filter(
                certificate=certificate, filing=None, confirmed_at__isnull=False
            )
            .order_by("-confirmed_at")
            .first()
        )
        if found is not None:
            ground = Revocation.Ground(found.ground)
            return Ending(ground.value, ground.label, LAW[found.ground], found.reason)
    if state in (State.SUSPENDED, State.CANCELLED):
        law = SUSPENSION_LAW if state == State.SUSPENDED else CANCELLATION_LAW
        if state == State.SUSPENDED and (needed := _endorsement(certificate)):
            return needed
        event = (
            Event.objects.filter(subject=certificate.subject, after=state).order_by("-seq").first()
        )
        return Ending("", "", law, json.loads(event.data).get("reason", "") if event else "")
    return None


def _endorsement(certificate: Certificate) -> Ending | None:
    """Return what to say where the lapse of its endorsement suspends it; None for any other cause.

    No officer decided that, so there is nothing to contest: to have it endorsed is the remedy.
    """
    event = (
        Event.objects.filter(subject=certificate.subject, kind="suspended").order_by("-seq").first()
    )
    is_swept = certificate.state == State.SUSPENDED
    if is_swept and (event is None or LAPSED not in json.loads(event.data)):
        return None
    needed = canonical.loads(certificate.payload).get("endorsement")
    if needed is None:
        return None
    return Ending("endorsement", _("its endorsement has lapsed"), needed["law"], "")


def holder_view(certificate: Certificate, state: str) -> dict[str, Any] | None:
    """Return all that its holder is to know of the end of a certificate, the remedies too."""
    found = ending_of(certificate, state)
    if found is None:
        return None
    return {
        "ground": found.ground,
        "law": found.law,
        "reason": found.reason,
        "remedy": ENDORSE if found.code == "endorsement" else REMEDY,
        "remedy_law": found.law if found.code == "endorsement" else REMEDY_LAW,
    }
