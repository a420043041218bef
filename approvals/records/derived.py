"""Auditing what no event binds because it follows from those that are bound.

When a case was received, submitted and settled, what its citizen wrote against a decision, and
what it claims that may exist once: each is derived again from history and answers, and compared.
Writing a hash of them as well would cost every application; reading costs the audit alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from approvals.actions import guards
from approvals.models import (
    Acceptance,
    Application,
    Attachment,
    Delivery,
    Dispute,
    Escalation,
    GuardKey,
    LegalReview,
)
from approvals.records import binding, provisional
from approvals.states import OPEN, SETTLED, SIDE_EVENTS, State
from certificates.models import Certificate
from certificates.states import LIVE
from certificates.states import State as CertificateState
from entitlements.models import Entitlement
from entitlements.states import LIVE as ENTITLED
from ledger.clock import city_date
from ledger.events import instant
from ledger.models import Event
from services import catalogue
from services.inputs import gather_inputs

History = Sequence[tuple[Event, dict[str, Any]]]
SUBMISSIONS = ("submitted", "resubmitted")
Noted = Acceptance | Delivery | Escalation | LegalReview
NOTED = {  # what the event of such a row says of it
    "accepted": ("received_on",),
    "delivered": ("delivery", "decision", "way", "on"),
    "escalated": ("stage", "of", "due_at"),
    "legal_review_agreed": ("review", "opinion_sha256"),
}


def moments(application: Application, history: History) -> str:
    """Name the column that contradicts the events of the case, or return an empty string."""
    begun = [e.at for e, _ in history if e.after == State.SUBMITTED and e.before != e.after]
    if not begun:
        return ""  # a draft; a case without any submission is found elsewhere
    settled = application.state in SETTLED
    ends = [e.at for e, _ in history if e.after in SETTLED and e.before != e.after]
    written = [d.get("reason") for e, d in history if _is_contest(e)]
    expected = {
        "created_at": history[0][0].at,
        "received_on": city_date(begun[0]),
        "submitted_at": begun[-1],
        "settled_at": ends[-1] if settled and ends else None,
        "round": len(begun) + sum(provisional.begins_round(e, d) for e, d in history),
        "contested": written[-1] if written else "",
        "side_events": sum(e.kind in SIDE_EVENTS for e, _ in history),
    }
    wrong = [name for name, value in expected.items() if getattr(application, name) != value]
    return f"by its events, {', '.join(wrong)} should be otherwise" if wrong else ""


def noted(rows: Sequence[Noted], history: History) -> str:
    """Each deemed acceptance, delivery, escalation and legal agreement has its event, and each of
    those its row."""
    written = sorted(_noted(row) for row in rows if not _is_open(row))
    events = sorted(
        (event.kind, event.at, *(str(data.get(name, "")) for name in NOTED[event.kind]))
        for event, data in history
        if event.kind in NOTED
    )
    if written == events:
        return ""
    return "its acceptance, delivery, escalations or legal reviews are not those of its history"


def _is_open(row: Noted) -> bool:
    if isinstance(row, Delivery):
        return row.recorded_at is None
    return isinstance(row, LegalReview) and not row.agreed


def _noted(row: Noted) -> tuple[Any, ...]:
    if isinstance(row, Acceptance):
        return "accepted", row.at, row.received_on.isoformat()
    if isinstance(row, Escalation):
        matter = "delivery" if row.of_delivery else "decision"
        return "escalated", row.at, row.stage, matter, instant(row.due_at)
    if isinstance(row, Delivery):
        on = row.delivered_on.isoformat() if row.delivered_on else ""
        return "delivered", row.recorded_at, str(row.pk), str(row.decision_id), row.way, on
    return "legal_review_agreed", row.settled_at, str(row.pk), row.opinion_sha256


def disputed(
    application: Application,
    history: History,
    rows: Sequence[Dispute],
    files: Mapping[UUID, Sequence[Attachment]],
) -> str:
    """Each dispute says what the last event that speaks of it says, and none is missing."""
    spoken: dict[str, str] = {}
    for _event, data in history:
        spoken |= data.get("disputes", {})
    written = {str(row.number): binding.dispute_hash(row) for row in rows}
    if written != spoken or len(rows) != application.disputes:
        return "its disputes are not those of its history"
    if any(len(row.digests) != len(files.get(row.pk, ())) for row in rows):
        return "files of a dispute are named and not there"
    return ""


def _is_contest(event: Event) -> bool:
    return event.kind == "reopened" and event.by.startswith(("citizen:", "agency:"))


def certified(applications: Sequence[Application]) -> dict[str, frozenset[str]]:
    """Return the numbers of those that are entitled, or have a certificate which stands, in
    whatever version.

    With the guards whose keys a later version, by another case, claims in place of theirs.
    """
    numbers = [a.number for a in applications]
    papers = Certificate.objects.filter(application__in=numbers)
    found = dict.fromkeys(
        papers.filter(state__in=LIVE).values_list("application", flat=True), frozenset[str]()
    )
    replaced = papers.filter(state=CertificateState.SUPERSEDED).exclude(application__in=found)
    for application, kind, number, version in replaced.values_list(
        "application", "kind", "number", "version"
    ):
        later = Certificate.objects.filter(kind=kind, number=number, version__gt=version)
        if later.filter(state__in=LIVE).exists():
            claimed = GuardKey.objects.filter(
                application__number__in=later.values("application"), while_live=True
            )
            found[application] = frozenset(claimed.values_list("guard", flat=True))
    entitled = Entitlement.objects.filter(application__in=numbers, state__in=ENTITLED)
    found.update(dict.fromkeys(entitled.values_list("application", flat=True), frozenset[str]()))
    return found


def claims(
    application: Application,
    history: History,
    keys: Sequence[GuardKey],
    certified_but: frozenset[str] | None,
) -> str:
    """Return what is wrong with the keys of what may exist once, or an empty string.

    ``certified_but``: as ``certified`` has it; None without a certificate that stands.
    """
    submitted = [event for event, _ in history if event.kind in SUBMISSIONS]
    if not submitted:
        return ""
    book = catalogue.rulebook(application.edition_id)
    on = city_date(submitted[-1].at)
    due = guards.rows_of(application, book, gather_inputs(book, application.answers, {}, {}, on))
    if sorted(map(_claimed, keys)) != sorted(map(_claimed, due)):
        return "its keys of what may exist once are not those of its answers"
    strangers = [key for key in keys if key.heir_of and not _shared(key).exists()]
    if strangers:
        return "it takes over a key from a case that never had it"
    wrong = [
        key.guard
        for key in keys
        if key.held
        is not _held(
            application,
            history,
            key,
            certified_but is not None and key.guard not in certified_but,
        )
    ]
    return f"who holds {', '.join(wrong)} is not as its state says" if wrong else ""


def _claimed(key: GuardKey) -> tuple[str, str, bool, bool]:
    return key.guard, key.key, key.while_open, key.while_live


def _held(application: Application, history: History, key: GuardKey, is_certified: bool) -> bool:
    """Whether the case should hold a key, as the triggers of ``approvals.guards`` say."""
    if application.state in OPEN:
        if any(event.kind == "reopened" for event, _ in history):
            return key.held  # it holds again what nobody else has taken meanwhile
        return key.while_open and not _is_waiting_heir(key)
    return key.while_live and is_certified


def _is_waiting_heir(key: GuardKey) -> bool:
    """Whether the key is still held by the case whose certificate this one takes over from.

    Or by another that has taken it over from the same case.
    """
    if key.heir_of is None:
        return False
    others = GuardKey.objects.filter(key=key.key, heir_of=key.heir_of).exclude(pk=key.pk)
    return (_shared(key) | others).filter(held=True).exists()


def _shared(key: GuardKey) -> QuerySet[GuardKey]:
    """Return the key of the case from which this one takes it over."""
    return GuardKey.objects.filter(key=key.key, application=key.heir_of)
