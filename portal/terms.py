"""What a citizen reads of the terms of a case; while they stand still, no day to decide by."""

import datetime

from django.utils.translation import ngettext

from approvals.actions import clock
from approvals.models import Application
from approvals.states import PAUSED, RUNNING, State
from services.rulebook import Rulebook


def promised(case: Application) -> datetime.datetime | None:
    """Return the promised day where it says more than that of the law."""
    return case.promised_at if case.state in RUNNING and case.promised_at != case.due_at else None


def left(case: Application, book: Rulebook) -> str:
    """Say how many days are left to decide, once those have answered who have to."""
    if case.state not in PAUSED:
        return ""
    days = clock.days_left(case, book)
    if book.pack.clock.statutory.unit == "working":
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def until(case: Application) -> datetime.datetime | None:
    """Return by when it is decided, or corrected; nothing where another has to answer first."""
    if case.state == State.RETURNED:
        return case.correct_by
    return case.due_at if case.state in RUNNING else None
