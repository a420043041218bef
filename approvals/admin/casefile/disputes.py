"""What an officer reads first: which record the applicant calls wrong, and what its keeper says."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from approvals import words
from approvals.models import Application, Attachment, Dispute
from approvals.records import attached
from approvals.rows.disputes import DisputeState
from materials.queries import Shown, shown
from people.language import in_language, language
from services.explain import fact_in_words
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One dispute in words; ``record_text`` and ``corrected_text``: both versions of the record."""

    fact: str
    registry: str
    keeper: str
    record_text: str
    corrected_text: str
    claim: str
    reason: str
    opened_at: datetime.datetime
    state: str
    tone: str
    is_notified: bool
    is_live: bool
    notified_at: datetime.datetime | None
    due_at: datetime.datetime | None
    reminded_at: datetime.datetime | None
    answered_at: datetime.datetime | None
    answer: str
    files: Sequence[Shown]  # what came with it


TONES = {DisputeState.CORRECTED: "ok", DisputeState.STANDS: "bad"}


def rows(case: Application, book: Rulebook) -> list[DisputeRow]:
    """Return the disputes of a case, those that are not settled first; no query without any."""
    if not case.disputes:
        return []
    found = list(Dispute.objects.filter(application=case).order_by("-number"))
    files = attached.of_disputes(found)
    lines = (_row(row, book, files.get(row.pk, ())) for row in found)
    return sorted(lines, key=lambda row: not row.is_live)


def _row(row: Dispute, book: Rulebook, files: Sequence[Attachment]) -> DisputeRow:
    def in_words(value: str) -> str:
        if not value:
            return ""
        return fact_in_words(book, row.fact, orjson.loads(value), language()).text

    state = DisputeState(row.state)
    return DisputeRow(
        fact=in_language(book.facts[row.fact]),
        registry=words.registry(book, row.registry),
        keeper=str(words.keeper(row.registry)),
        record_text=in_words(row.record_value),
        corrected_text=in_words(row.corrected_value),
        claim=row.claim,
        reason=row.reason,
        opened_at=row.opened_at,
        state=str(state.label),
        tone=TONES.get(state, "wait"),
        is_notified=row.notified_at is not None,
        is_live=row.is_live,
        notified_at=row.notified_at,
        due_at=row.due_at,
        reminded_at=row.reminded_at,
        answered_at=row.answered_at,
        answer=row.answer,
        files=[shown(one.material) for one in files],
    )
