"""The clock of an application in memory: it starts, stands still, goes on (``approvals.terms``).

What it needs stands in the application's own row, and what it comes to in the Event of the same
transition (``binding.of_term``); whoever calls these writes ``FIELDS`` or ``PAUSE_FIELDS``.
"""

import datetime
from collections.abc import Sequence

from django.conf import settings

from approvals import terms
from approvals.models import Application
from approvals.rows.terms import Stage
from approvals.states import PAUSED, RUNNING, State
from ledger.models import Event
from services.rulebook import Rulebook

CORRECTION = ("returned", "resubmitted")
PAUSE_FIELDS = ("pauses",)
FIELDS = (
    "term_from",
    "pauses",
    "extended_days",
    "calendar",
    "due_at",
    "promised_at",
    "due_provisional",
)


def start(application: Application, book: Rulebook, on: datetime.date) -> None:
    """Begin the terms of an application that came in, or was contested, on a day of the city."""
    application.term_from, application.pauses, application.extended_days = on, [], 0
    reckon(application, book)


def pause(application: Application, on: datetime.date) -> None:
    """Stand still from a day on: another has the pen. The dates stay as they would have been."""
    application.pauses = [*application.pauses, [on.isoformat(), None]]


def stops_for_correction(application: Application, on: datetime.date, *, is_first: bool) -> bool:
    """Whether a return on a day stops the clock: only of what is not accepted yet (§32)."""
    received = application.received_on
    assert received is not None, f"{application.number} was never submitted"
    return terms.stops_for_correction(settings.CITY.calendar, received, on, is_first=is_first)


def stands_still(application: Application) -> bool:
    """Whether the clock of a case stands still now; of a settled case it neither runs nor does."""
    if application.state == State.RETURNED:
        return terms.is_paused(course(application))
    return application.state in PAUSED


def runs(application: Application) -> bool:
    """Whether the clock of a case runs now: an officer's, the machine's, or returned too late."""
    if application.state == State.RETURNED:
        return not terms.is_paused(course(application))
    return application.state in RUNNING


def resume(application: Application, book: Rulebook, on: datetime.date) -> None:
    """Go on, with the days that were left, if the clock stands still."""
    if not terms.is_paused(course(application)):
        return
    *earlier, (since, _) = application.pauses
    application.pauses = [*earlier, [since, max(since, on.isoformat())]]
    reckon(application, book)


def reckon(application: Application, book: Rulebook) -> None:
    """Set the dates by the calendar of today."""
    calendar = settings.CITY.calendar
    found = terms.dates(calendar, course(application), book.pack.clock)
    application.due_at, application.promised_at = found.due, found.promised
    application.due_provisional, application.calendar = found.provisional, calendar.version


def correct_by(book: Rulebook, returned: datetime.date) -> datetime.datetime:
    """Return when what was returned on a day can no longer be corrected: 24:00 of its last day."""
    moment: datetime.datetime = settings.CITY.calendar.deadline(
        returned, book.pack.correct_within, "calendar"
    ).at
    return moment


def answer_by(application: Application, days: int, on: datetime.date) -> datetime.datetime:
    """Return by when another agency or signer asked on a day answers, after so many working days.

    Never later than the term of the law would have ended: then an officer takes the case over. An
    officer who asks after that day has the case back when the answer is late.
    """
    end: datetime.datetime = settings.CITY.calendar.deadline(on, days, "working").at
    due = application.due_at
    is_over = due is None or due <= settings.CITY.calendar.end_of(on - datetime.timedelta(days=1))
    return end if is_over or due is None else min(end, due)


def days_left(application: Application, book: Rulebook) -> int:
    """Return how many days of the term of the law are left once the clock goes on."""
    return terms.days_left(settings.CITY.calendar, course(application), book.pack.clock)


def acceptance(
    application: Application, history: Sequence[Event], now: datetime.datetime
) -> terms.Acceptance | None:
    """Return whether, and since when, an application is accepted; None where none was received."""
    if application.received_on is None:
        return None
    date = settings.CITY.calendar.date
    moves = [(event.kind, date(event.at)) for event in history if event.kind in CORRECTION]
    returned: terms.Pause | None = None
    for kind, day in moves:
        if kind == "returned" and returned is None:
            returned = day, None
        elif kind == "resubmitted" and returned is not None:
            returned = returned[0], day
            break
    return terms.acceptance(settings.CITY.calendar, application.received_on, returned, date(now))


def horizon(now: datetime.datetime) -> datetime.datetime:
    """Return the last moment that a term ends at and is still called soon (``city.yaml``)."""
    days = settings.CITY.escalation.days_left
    moment: datetime.datetime = settings.CITY.calendar.deadline(
        settings.CITY.calendar.date(now), days, "working"
    ).at
    return moment


def urgency(application: Application, now: datetime.datetime) -> Stage | None:
    """Return whether the term of the law is over, or soon so; what is escalated is one of both."""
    due, begun = application.due_at, application.term_from
    if not runs(application) or due is None or begun is None:
        return None
    if due <= now:
        return Stage.OVER
    term = due - settings.CITY.calendar.end_of(begun - datetime.timedelta(days=1))
    share = settings.CITY.escalation.share / 100
    is_soon = due <= horizon(now) and due - now <= (1 - share) * term
    return Stage.SOON if is_soon else None


def promise_urgency(application: Application, now: datetime.datetime) -> Stage | None:
    """Return whether the promised day is over or, in less than a working day, will be."""
    due = application.promised_at
    if not runs(application) or due is None:
        return None
    if due <= now:
        return Stage.OVER
    today = settings.CITY.calendar.date(now)
    tomorrow = settings.CITY.calendar.deadline(today, 1, "working").at
    return Stage.SOON if due <= tomorrow else None


def near(due: datetime.datetime, now: datetime.datetime) -> Stage | None:
    """Return whether a day to deliver by is over, or soon so."""
    if due <= now:
        return Stage.OVER
    return Stage.SOON if due <= horizon(now) else None


def course(application: Application) -> terms.Course:
    """Return the course of the application's terms, for ``approvals.terms``."""
    assert application.term_from is not None, f"{application.number} was never submitted"
    day = datetime.date.fromisoformat
    pauses = [(day(since), day(until) if until else None) for since, until in application.pauses]
    return terms.Course(application.term_from, pauses, application.extended_days)
