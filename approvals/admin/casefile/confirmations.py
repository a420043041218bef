"""What was granted provisionally, and what became of it, as officers read it."""

import datetime
from dataclasses import dataclass

from approvals import words
from approvals.models import Application, Confirmation
from approvals.rows.confirmations import ConfirmationState as Is
from people.language import in_language, listed
from services.rulebook import Rulebook

TONES = {
    Is.DUE: "wait",
    Is.CONFIRMED: "ok",
    Is.CONTRADICTED: "bad",
    Is.OVERDUE: "bad",
    Is.ENDED: "",
}


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """One provisional approval: of whose answers, until when, and how it stands.

    ``tried``: why the last question was in vain; ``recall``: what follows where it is contradicted.
    """

    registries: str
    until: datetime.date
    otherwise: str
    state: str
    tone: str
    ended_at: datetime.datetime | None
    tried: str
    recall: str


def confirmations(case: Application, book: Rulebook) -> list[ConfirmationRow]:
    """Return the confirmations of a case, the latest first; of most none."""
    said = book.pack.provisional
    if said is None:
        return []
    recall = in_language({"zh": said.zh, "en": said.en})
    return [
        ConfirmationRow(
            registries=listed(words.registry(book, code) for code in row.asked),
            until=row.until,
            otherwise=row.get_otherwise_display(),
            state=row.get_state_display(),
            tone=TONES[Is(row.state)],
            ended_at=row.ended_at,
            tried=str(words.failure(row.reason)) if row.state == Is.DUE else "",
            recall=recall,
        )
        for row in Confirmation.objects.filter(application=case).order_by("-until", "-id")
    ]
