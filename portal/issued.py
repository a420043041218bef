"""What an approval has led to, on the page of its case: the certificate, and whether it stands."""

import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext

from approvals import words
from approvals.models import Application
from approvals.records.provisional import PROVISIONAL
from approvals.review import handover
from approvals.states import State
from certificates import endings
from certificates.models import Certificate
from certificates.queries import since, state_on, with_endorsement
from certificates.words import STATE_WORDS
from ledger import canonical
from people.language import in_language, listed
from portal import outcome
from portal.templatetags.portal import day
from services.rulebook import Rulebook

if TYPE_CHECKING:
    from portal.results import Result

UNCONFIRMED = frozenset({handover.NOT_CONFIRMED, handover.CONFIRMATION_OVERDUE})


def certificate(case: Application, book: Rulebook, today: datetime.date) -> dict[str, Any] | None:
    mine = {"endorsements__application" if book.pack.endorses else "application": case.number}
    shown = with_endorsement(Certificate.objects.filter(**mine))
    found = shown.order_by("-version", "-issued_at").first()
    if found is None:
        return None
    state = state_on(found, today)
    return {
        "title": in_language(canonical.loads(found.payload)["type"]),
        "number": found.number,
        "id": found.public_id,
        "address": reverse("certificates:certificate", args=[found.public_id]),
        "code": outcome.scan_code(found.public_id),
        "state": state,
        "since": since(found, state),
        "ending": endings.holder_view(found, state),
    }


def show_end(made: "Result", certificate: dict[str, Any]) -> None:
    """Say first what became of the certificate, where the approval itself is history."""
    if certificate["state"] != "valid":
        words_of = STATE_WORDS[certificate["state"]]
        made.tone, made.sign, made.word = words_of["tone"], words_of["sign"], in_language(words_of)
        made.sentence = (
            gettext("Your application was granted.") + " " + in_language(words_of["sentence"])
        )


def provisional() -> tuple[str, str, str]:
    """Return tone, sign and word of what has yet to be confirmed."""
    return "wait", "clock", gettext("Granted provisionally")


def show_provisional(
    made: "Result", case: Application, book: Rulebook, receipt: dict[str, Any]
) -> None:
    """Say that it is granted provisionally, until when that is confirmed, and what follows if not.

    Or, where it was not confirmed, that an officer decides, and what the city's rules say of it.
    """
    said = book.pack.provisional
    recall = in_language({"zh": said.zh, "en": said.en}) if said else ""
    later = receipt.get(PROVISIONAL)
    if case.state == State.APPROVED and later and made.tone == "ok":
        names = listed(words.registry(book, code) for code in later["registries"])
        made.tone, made.sign, made.word = provisional()
        made.sentence = gettext(
            "You may rely on it for now. No answer has come from: %(names)s. It is confirmed by"
            " %(day)s, by itself; you need do nothing."
        ) % {"names": names, "day": day(later["until"])}
        made.notices.append(gettext("Where the answer contradicts it: %(what)s") % {"what": recall})
    codes = {reason.code for reason in handover.parse(case.handover)}
    if case.state == State.REVIEW and codes & UNCONFIRMED:
        made.notices.append(
            gettext(
                "What was granted to you provisionally is not confirmed. Do not rely on it until"
                " the officer has decided. %(what)s"
            )
            % {"what": recall}
        )
