"""Auditing what no event binds because it follows from those that are bound.

When a case was received, submitted and settled, what its citizen wrote against a decision, and
what it claims that may exist once: each is derived again from history and answers, and compared.
Writing a hash of them as well would cost every application; reading costs the audit alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from approvals.actions import guards
from approvals.models import Application, GuardKey
from approvals.states import OPEN, SETTLED, State
from certificates.models import Certificate
from certificates.states import LIVE
from ledger.clock import city_date
from ledger.models import Event
from services import catalogue

History = Sequence[tuple[Event, dict[str, Any]]]
SUBMISSIONS = ("submitted", "resubmitted")


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
        "round": len(begun),
        "contested": written[-1] if written else "",
    }
    wrong = [name for name, value in expected.items() if getattr(application, name) != value]
    return f"by its events, {', '.join(wrong)} should be otherwise" if wrong else ""


def _is_contest(event: Event) -> bool:
    return event.kind == "reopened" and event.by.startswith(("citizen:", "agency:"))


def certified(applications: Sequence[Application]) -> set[str]:
    """Return the numbers of those that have a certificate which stands."""
    papers = Certificate.objects.filter(
        application__in=[a.number for a in applications], state__in=LIVE
    )
    return set(papers.values_list("application", flat=True))


def claims(
    application: Application, history: History, keys: Sequence[GuardKey], is_certified: bool
) -> str:
    """Return what is wrong with the keys of what may exist once, or an empty string."""
    submitted = [event for event, _ in history if event.kind in SUBMISSIONS]
    if not submitted:
        return ""
    book = catalogue.rulebook(application.edition_id)
    due = guards.rows_of(application, book, city_date(submitted[-1].at))
    if sorted(map(_claimed, keys)) != sorted(map(_claimed, due)):
        return "its keys of what may exist once are not those of its answers"
    wrong = [
        key.guard for key in keys if key.held is not _held(application, history, key, is_certified)
    ]
    return f"who holds {', '.join(wrong)} is not as its state says" if wrong else ""


def _claimed(key: GuardKey) -> tuple[str, str, bool, bool]:
    return key.guard, key.key, key.while_open, key.while_live


def _held(application: Application, history: History, key: GuardKey, is_certified: bool) -> bool:
    """Whether the case should hold a key, as the triggers of ``approvals.guards`` say."""
    if application.state in OPEN:
        if any(event.kind == "reopened" for event, _ in history):
            return key.held  # it holds again what nobody else has taken meanwhile
        return key.while_open
    return key.while_live and is_certified
