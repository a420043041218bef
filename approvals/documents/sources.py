"""What of a case is put in writing: decisions and events, in order of time.

An application is accepted (受理, 行政许可法 §32) once it was looked at and not sent back, as of the
day of its latest submission before. Nothing here reads a receipt, or writes.
"""

import datetime
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from approvals.models import Application, Decision
from approvals.states import DocumentKind, Outcome, State
from ledger.models import Event

SUBMISSIONS = ("submitted", "resubmitted")
ACCEPTED = (State.WAITING, State.REVIEW, State.PROCEDURE, State.APPROVED, State.REFUSED)
OF_OUTCOME = {
    Outcome.APPROVE.value: DocumentKind.APPROVAL,
    Outcome.REFUSE.value: DocumentKind.REFUSAL,
    Outcome.RETURN.value: DocumentKind.CORRECTION,
}
OF_EVENT = {
    "extended": DocumentKind.EXTENSION,
    "procedure_opened": DocumentKind.PROCEDURE,
    "transferred": DocumentKind.TRANSFER,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A decision or an event that a document puts in writing; ``id`` is its key."""

    kind: DocumentKind
    id: uuid.UUID
    at: datetime.datetime
    by: str
    round: int
    event: Event | None = None  # none: a decision


def of_case(
    decisions: Iterable[tuple[uuid.UUID, str, datetime.datetime, str, int]],
    events: Sequence[Event],
) -> list[Source]:
    """Return the sources of a case's documents, oldest first.

    ``decisions``: id, outcome, at, by and round of each; ``events``: all, in order.
    """
    found = [
        Source(OF_OUTCOME[outcome], key, at, by, round_)
        for key, outcome, at, by, round_ in decisions
        if outcome in OF_OUTCOME
    ]
    found += _of_events(events)
    return sorted(found, key=lambda source: (source.at, source.kind != DocumentKind.ACCEPTANCE))


def _of_events(events: Sequence[Event]) -> Iterator[Source]:
    submission, round_, accepted = None, 0, False
    for event in events:
        if event.after == State.SUBMITTED and event.before != event.after:
            round_ += 1
        if event.kind in SUBMISSIONS:
            submission = event
        elif submission is not None and not accepted and event.after in ACCEPTED:
            accepted = True
            at, by = submission.at, submission.by
            yield Source(DocumentKind.ACCEPTANCE, submission.id, at, by, round_, submission)
        if event.kind in OF_EVENT:
            yield Source(OF_EVENT[event.kind], event.id, event.at, event.by, round_, event)


def read(application: Application, events: Sequence[Event] | None = None) -> list[Source]:
    """Return the sources of an application's documents; ``events`` where the caller has them."""
    if events is None:
        events = list(Event.objects.filter(subject=application.subject).order_by("seq"))
    rows = Decision.objects.filter(application=application, outcome__in=OF_OUTCOME)
    return of_case(rows.values_list("id", "outcome", "at", "by", "round"), events)
