"""What an applicant signed in place of files, and what was inspected since, as officers read it."""

import datetime
from dataclasses import dataclass
from uuid import UUID

from approvals.models import Application, Inspection, Undertaking
from approvals.rows.undertakings import UndertakingState
from people.language import language
from services.rulebook import Rulebook

TONES = {
    UndertakingState.SIGNED: "",
    UndertakingState.KEPT: "ok",
    UndertakingState.LAPSED: "bad",
    UndertakingState.WITHDRAWN: "wait",
}


@dataclass(frozen=True, slots=True)
class SignedRow:
    """One commitment or promise: in place of what, in which words, and how it stands."""

    label: str
    text: str
    law: str
    kind: str
    state: str
    tone: str
    sha256: str
    signed_at: datetime.datetime
    last_day: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """One inspection; ``last_day``: of those that are still to be done."""

    key: UUID
    cause: str
    last_day: datetime.datetime
    result: str
    reason: str
    by: str
    done_at: datetime.datetime | None
    rectify_by: datetime.date | None


def signed(case: Application, book: Rulebook) -> list[SignedRow]:
    """Return what was signed, oldest first; no query where nothing can be signed."""
    if not book.program.stand_ins:
        return []
    rows = Undertaking.objects.filter(application=case).order_by("signed_at", "id")
    return [_signed(row, book) for row in rows]


def _signed(row: Undertaking, book: Rulebook) -> SignedRow:
    lang, properties = language(), book.form["properties"]
    box, question = properties.get(row.box, {}), properties.get(row.question, {})
    return SignedRow(
        label=str(question.get(f"x-{lang}", row.question)),
        text=str(box.get(f"x-hint-{lang}") or box.get(f"x-{lang}", "")),
        law=str(box.get("x-law", "")),
        kind=str(row.get_kind_display()),
        state=str(row.get_state_display()),
        tone=TONES[UndertakingState(row.state)],
        sha256=row.sha256,
        signed_at=row.signed_at,
        last_day=row.due_at and row.due_at - datetime.timedelta(seconds=1),
    )


def inspections(case: Application, book: Rulebook) -> list[InspectionRow]:
    """Return the inspections of a case; no query where neither pack nor promise brings one."""
    if not (book.pack.inspection or book.program.stand_ins):
        return []
    rows = Inspection.objects.filter(application=case).select_related("done_by")
    return [row_of(row) for row in rows.order_by("opened_at", "id")]


def row_of(row: Inspection) -> InspectionRow:
    by = row.done_by
    return InspectionRow(
        key=row.pk,
        cause=str(row.get_cause_display()),
        last_day=row.due_at - datetime.timedelta(seconds=1),
        result=str(row.get_result_display()) if row.result else "",
        reason=row.reason,
        by=(by.name or by.username) if by else "",
        done_at=row.done_at,
        rectify_by=row.rectify_by,
    )
