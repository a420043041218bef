"""Moving an entitlement along its edges, with its event: the one way."""

import datetime
from typing import Any

from django_fsm import TransitionNotAllowed

from entitlements.models import Entitlement
from ledger import canonical, events
from ledger.models import Event
from people.errors import ActionRejected

OFFICER, REOPENED = "officer", "reopened"  # reasons for which a person keeps it from being paid
# action: the event's participle
EVENT_OF_ACTION = {"suspend": "suspended", "hold": "held", "resume": "resumed", "end": "ended"}


def changed(
    row: Entitlement, action: str, *, by: object, now: datetime.datetime, data: dict[str, Any]
) -> Event:
    """Take one edge in memory; returns its event, unsaved. ``data`` has the reasons.

    Raises ``ActionRejected`` for an illegal move.
    """
    before = str(row.state)
    try:
        row.take_edge(action)
    except TransitionNotAllowed:
        raise ActionRejected(
            "illegal_move",
            "待遇当前状态不能执行此操作；请刷新页面",
            "That is not possible in its present state. Reload to see it.",
        ) from None
    row.reasons = canonical.dumps(data.get("reasons", [])).decode()
    return events.append(
        row,
        row.subject,
        EVENT_OF_ACTION[action],
        by=by,
        now=now,
        before=before,
        after=str(row.state),
        data=data,
    )


def noted(
    row: Entitlement, kind: str, *, by: object, now: datetime.datetime, data: dict[str, Any]
) -> Event:
    """Return the event of something that leaves the state as it is, unsaved."""
    state = str(row.state)
    return events.append(
        row, row.subject, kind, by=by, now=now, before=state, after=state, data=data
    )


def held_on(row: Entitlement, *, by: object, now: datetime.datetime, data: dict[str, Any]) -> Event:
    """Let it stay held, from now on for the reasons in ``data``; returns the event, unsaved."""
    row.reasons = canonical.dumps(data["reasons"]).decode()
    return noted(row, "held", by=by, now=now, data=data)
