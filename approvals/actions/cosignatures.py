"""Who must sign beside the applicant, and whether they have: each from their own log-in."""

import datetime
from collections.abc import Iterable, Sequence
from uuid import UUID

from approvals.actions import clock
from approvals.models import Application, Cosignature
from approvals.records.binding import answers_digest
from approvals.states import ConsentState
from ledger.clock import city_date
from services.inputs import Inputs
from services.outputs import cosigners
from services.rulebook import Rulebook

TERM = 5  # working days to confirm in


def signers(application: Application, book: Rulebook, inputs: Inputs) -> list[str]:
    """Return the indices of everybody who must confirm, without the applicant."""
    return [s for s in dict.fromkeys(cosigners(book, inputs)) if s != application.applicant]


def joint(states: Iterable[str]) -> ConsentState:
    """Return what many signatures amount to: one refusal is a refusal, all make a consent."""
    found = set(states)
    if ConsentState.DENIED in found:
        return ConsentState.DENIED
    return ConsentState.GRANTED if found == {ConsentState.GRANTED} else ConsentState.ASKED


def states_of(applications: Sequence[Application]) -> dict[UUID, dict[str, str]]:
    """Return the state of each signer's signature under the present answers, by application."""
    found: dict[UUID, dict[str, str]] = {a.id: {} for a in applications}
    hashes: dict[UUID, bytes] = {}
    for row in Cosignature.objects.filter(application_id__in=found) if found else ():
        if not hashes:
            hashes = {a.id: answers_digest(a.answers) for a in applications}
        if bytes(row.answers_hash) == hashes[row.application_id]:
            found[row.application_id][row.signer] = row.state
    return found


def requests(
    application: Application, signers: Sequence[str], now: datetime.datetime
) -> list[Cosignature]:
    """Return the questions to those who have not been asked yet, unsaved."""
    if not signers:
        return []
    due, digest = (
        clock.answer_by(application, TERM, city_date(now)),
        answers_digest(application.answers),
    )
    return [
        Cosignature(
            application_id=application.id,
            signer=signer,
            answers_hash=digest,
            asked_at=now,
            due_at=due,
        )
        for signer in signers
    ]
