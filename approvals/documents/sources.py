"""What of a case is put in writing: decisions and events, in order of time.

An application is accepted (受理, 行政许可法 §32) as of its latest submission once it is decided or
others are asked, once what was returned is with an officer again, or where nobody called anything
missing in time (``Acceptance``); before that an officer may still return it. Nothing here reads a
receipt, or writes.
"""

import datetime
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from approvals.models import Acceptance, Application, Decision
from approvals.states import DocumentKind, Outcome, State
from ledger.models import Event

SUBMISSIONS = ("submitted", "resubmitted")
ACCEPTED = (State.WAITING, State.PROCEDURE, State.APPROVED, State.REFUSED)
OF_OUTCOME = {
    Outcome.APPROVE.value: DocumentKind.APPROVAL,
    Outcome.REFUSE.value: DocumentKind.REFUSAL,
    Outcome.RETURN.value: DocumentKind.CORRECTION,
}
TRANSFERRED = "transferred"
OF_EVENT = {
    "extended": DocumentKind.EXTENSION,
    "procedure_opened": DocumentKind.PROCEDURE,
    TRANSFERRED: DocumentKind.TRANSFER,
}


Decided = tuple[uuid.UUID, str, datetime.datetime, str, int]  # id, outcome, at, by, round


@dataclass(frozen=True, slots=True)
class Source:
    """A decision or an event that a document puts in writing; ``id`` is its key."""

    kind: DocumentKind
    id: uuid.UUID
    at: datetime.datetime
    by: str
    round: int
    event: Event | None = None  # none: a decision
    office: str = ""  # that had the case then, where another has had it since
    is_deemed: bool = False  # accepted because nobody called anything missing in time


def of_case(
    decisions: Iterable[Decided],
    events: Sequence[Event],
    *,
    deemed_at: datetime.datetime | None = None,
) -> list[Source]:
    """Return the sources of a case's documents, oldest first.

    ``decisions``: id, outcome, at, by and round of each; ``events``: all, in order;
    ``deemed_at``: when it was recorded that the case counts as accepted.
    """
    found = [
        Source(OF_OUTCOME[outcome], key, at, by, round_)
        for key, outcome, at, by, round_ in decisions
        if outcome in OF_OUTCOME
    ]
    found += _of_events(events, deemed_at)
    return sorted(found, key=lambda source: (source.at, source.kind != DocumentKind.ACCEPTANCE))


def of_event(event: Event, round_: int) -> Source:
    """Return the source of an event that is put in writing, such as one of this transaction."""
    office = _former(event) if event.kind == TRANSFERRED else ""
    return Source(
        OF_EVENT[event.kind], event.id, event.at, event.by, round_, event=event, office=office
    )


def _former(transfer: Event) -> str:
    return str(orjson.loads(transfer.data)["from"])


def _accepts(event: Event, submission: Event, deemed_at: datetime.datetime | None) -> bool:
    is_beyond_return = submission.kind == "resubmitted" or deemed_at is not None
    return event.after in ACCEPTED or (event.after == State.REVIEW and is_beyond_return)


def _of_events(events: Sequence[Event], deemed_at: datetime.datetime | None) -> Iterator[Source]:
    first = next((_former(event) for event in events if event.kind == TRANSFERRED), "")
    submission, round_, accepted = None, 0, False
    for event in events:
        if event.after == State.SUBMITTED and event.before != event.after:
            round_ += 1
        if event.kind in SUBMISSIONS:
            submission = event
        elif submission and not accepted and _accepts(event, submission, deemed_at):
            accepted = True
            yield Source(
                kind=DocumentKind.ACCEPTANCE,
                id=submission.id,
                at=deemed_at or submission.at,
                by=submission.by,
                round=round_,
                event=submission,
                office=first,
                is_deemed=deemed_at is not None,
            )
        if event.kind in OF_EVENT:
            yield of_event(event, round_)


def read(application: Application, events: Sequence[Event] | None = None) -> list[Source]:
    """Return the sources of an application's documents; ``events`` where the caller has them."""
    if events is None:
        events = list(Event.objects.filter(subject=application.subject).order_by("seq"))
    rows = Decision.objects.filter(application=application, outcome__in=OF_OUTCOME)
    deemed = Acceptance.objects.filter(application=application).values_list("at", flat=True)
    columns = rows.values_list("id", "outcome", "at", "by", "round")
    return of_case(columns, events, deemed_at=deemed.first())


def read_all(applications: Sequence[Application]) -> dict[uuid.UUID, list[Source]]:
    """Return the sources of several applications' documents by id, in three queries."""
    by_subject = {one.subject: one.pk for one in applications}
    events: dict[uuid.UUID, list[Event]] = {one.pk: [] for one in applications}
    for event in Event.objects.filter(subject__in=by_subject).order_by("subject", "seq"):
        events[by_subject[event.subject]].append(event)
    decisions: dict[uuid.UUID, list[Decided]] = {one.pk: [] for one in applications}
    rows = Decision.objects.filter(application__in=applications, outcome__in=OF_OUTCOME)
    columns = rows.values_list("application_id", "id", "outcome", "at", "by", "round")
    for application, key, outcome, at, by, round_ in columns:
        decisions[application].append((key, outcome, at, by, round_))
    deemed = Acceptance.objects.filter(application__in=applications)
    deemed_at = dict(deemed.values_list("application_id", "at"))
    return {pk: of_case(decisions[pk], events[pk], deemed_at=deemed_at.get(pk)) for pk in events}
