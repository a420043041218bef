"""The steps that every action shares: lock, take an edge, write what changed with its Event."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django_fsm import TransitionNotAllowed

import bulk
from approvals import statements
from approvals.errors import illegal, not_found, stale
from approvals.models import Application
from approvals.progress import wake
from approvals.states import SIDE_EVENTS
from ledger.events import append
from ledger.models import Event
from people import text

ALWAYS = ("state", "events", "head")
SIDE = ("side_events",)  # what ``write`` is to write beside a ``side_event``


def lock(number: str, *, version: int | None = None) -> Application:
    """Lock one application by its number; ``version`` is what the page showed."""
    try:
        application = Application.objects.select_for_update().get(number=number)
    except Application.DoesNotExist:
        raise not_found() from None
    if version is not None and version != application.version:
        raise stale()
    return application


def lock_all(ids: Sequence[UUID]) -> list[Application]:
    """Lock many, in order of id, so that no two batches wait for each other in a circle."""
    return bulk.read(Application, statements.LOCK, [list(ids)])


def move(
    application: Application,
    edge: str,
    *,
    by: object,
    now: datetime.datetime,
    kind: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Take a django-fsm edge (a key of ``states.EDGES``) in memory; return its Event, unsaved."""
    before = str(application.state)
    try:
        application.take_edge(edge)
    except TransitionNotAllowed:
        raise illegal(edge, before) from None
    return append(
        application,
        application.subject,
        kind or edge.rstrip("_"),
        by=by,
        now=now,
        before=before,
        after=str(application.state),
        data=data,
    )


def event_in_place(
    application: Application,
    kind: str,
    *,
    by: object,
    now: datetime.datetime,
    data: dict[str, Any] | None = None,
) -> Event:
    """Return the Event of something that leaves the state as it is, unsaved."""
    return append(
        application,
        application.subject,
        kind,
        by=by,
        now=now,
        before=str(application.state),
        after=str(application.state),
        data=data,
    )


def side_event(
    application: Application,
    kind: str,
    *,
    by: object,
    now: datetime.datetime,
    data: dict[str, Any] | None = None,
) -> Event:
    """Return the Event of something beside a case, unsaved: the version of the case stays.

    ``kind`` is one of ``SIDE_EVENTS``; written with the fields ``SIDE``.
    """
    assert kind in SIDE_EVENTS, f"{kind}: an open page would not know"
    application.side_events += 1
    return event_in_place(application, kind, by=by, now=now, data=data)


def write(
    applications: Sequence[Application],
    before: Sequence[str],
    events: Sequence[Event],
    fields: Sequence[str] = (),
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> None:
    """Write the Events and the named fields of all applications, if nobody moved them."""
    batch.insert(Event, events)
    changed = (*ALWAYS, *fields)
    batch.update(Application, applications, changed, old={"state": before})


def announce(applications: Sequence[Application], batch: bulk.Writer = bulk.IMMEDIATE) -> None:
    """After commit, wake the requests that wait for these."""
    ids = [a.id for a in applications]
    batch.on_commit(lambda: wake.announce_moved(ids))


def require_reason(reason: str) -> str:
    """Return the reason as it is kept (``people.text``); never empty, at most 2,000 characters."""
    return text.reason(reason, longest=2000)
