"""By when a case is decided: the terms of the law and of the promise, with pauses. Pure.

A term begins when the application comes in, or a decision is contested; that day does not count.
It stands still in a special procedure (行政许可法 §45), while the citizen corrects what is not
accepted yet (before acceptance it has not begun by law, §32), and while another agency or signer
has yet to answer. The last is the city's convention and not in the list of §45. A correction that
is asked for after acceptance is not in that list either: it stops nothing. It goes on with the
days that were left: the day on which a pause begins counts, the day on which it ends does not. A
term that is over stays over; one whose last day is the first of a pause ends when the pause does.
The head of the office may extend the term of the law once (§42).
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from city.calendar import Calendar
from services.pack.model import Clock, Limit

Pause = tuple[datetime.date, datetime.date | None]  # from, to; no end: it stands still


@dataclass(frozen=True, slots=True)
class Course:
    """When the terms of a case began, stood still, and by how many days that of the law is longer.

    Pauses are in order; only the last may have no end.
    """

    begun: datetime.date
    pauses: Sequence[Pause] = ()
    extended: int = 0


@dataclass(frozen=True, slots=True)
class Dates:
    """The first moments that are too late, by law and as promised; the promise is never later.

    ``provisional``: a year that they reach into is not published yet. While a term stands still
    these are the moments by which it would have ended otherwise.
    """

    due: datetime.datetime
    promised: datetime.datetime
    provisional: bool


def dates(calendar: Calendar, course: Course, clock: Clock) -> Dates:
    """Return by when a case of this course is to be decided."""
    due, assumed = last_day(calendar, course, _extended(clock.statutory, course))
    hope, guessed = last_day(calendar, course, clock.promised)
    end = calendar.end_of
    return Dates(end(due), min(end(due), end(hope)), assumed or guessed)


def last_day(calendar: Calendar, course: Course, limit: Limit) -> tuple[datetime.date, bool]:
    """Return the last day of a term, an open pause ignored, and whether that is an assumption."""
    day, left, provisional = _remaining(calendar, course, limit)
    end, assumed = calendar.last_day(day, left, limit.unit)
    return end, provisional or assumed


def days_left(calendar: Calendar, course: Course, clock: Clock) -> int:
    """Return how many days of the term of the law are left when the present pause ends.

    In the unit of the law's term. Raises ``ValueError`` where nothing stands still.
    """
    if not is_paused(course):
        raise ValueError("the term does not stand still")
    limit = _extended(clock.statutory, course)
    day, left, _ = _remaining(calendar, course, limit)
    used, _ = calendar.count(day, course.pauses[-1][0], limit.unit)
    return max(0, left - used)


# working days within which what is missing is called so, once; else it counts as accepted (§32)
TO_ACCEPT = 5


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When an application was accepted: ``on`` is None while something is, or may be, missing.

    ``by``: the last day for a correction notice. ``is_deemed``: nobody called anything missing.
    """

    by: datetime.date
    on: datetime.date | None
    is_deemed: bool


def acceptance(
    calendar: Calendar,
    received: datetime.date,
    returned: Pause | None,
    today: datetime.date,
) -> Acceptance:
    """Return how an application stands that was received on a day (行政许可法 §32).

    ``returned``: the first correction, from its notice to what was handed in, if there was one.
    In time, the application is accepted with what was handed in; too late, or never, it counts as
    accepted on the day of receipt.
    """
    by, _ = calendar.last_day(received, TO_ACCEPT, "working")
    if returned is not None and returned[0] <= by:
        return Acceptance(by, returned[1], is_deemed=False)
    if today > by:
        return Acceptance(by, received, is_deemed=True)
    return Acceptance(by, None, is_deemed=False)


def stops_for_correction(
    calendar: Calendar, received: datetime.date, on: datetime.date, *, is_first: bool
) -> bool:
    """Return whether the term stands still for a correction that is asked for on a day (§32).

    Only before acceptance: of what is called missing first, within five working days.
    """
    by, _ = calendar.last_day(received, TO_ACCEPT, "working")
    return is_first and on <= by


def accepted_when_received(calendar: Calendar, today: datetime.date) -> datetime.date:
    """Return the last day of receipt of what counts as accepted today, if nothing was missing."""
    day = today
    while calendar.last_day(day, TO_ACCEPT, "working")[0] >= today:
        day -= datetime.timedelta(days=1)
    return day


TO_DELIVER = 10  # working days from the decision within which it is delivered (§§44, 82)


def deliver_by(calendar: Calendar, decided: datetime.date) -> datetime.date:
    """Return the last day on which what was decided on a day is delivered in time."""
    last, _ = calendar.last_day(decided, TO_DELIVER, "working")
    return last


def is_paused(course: Course) -> bool:
    return bool(course.pauses) and course.pauses[-1][1] is None


def _extended(limit: Limit, course: Course) -> Limit:
    return Limit(limit.days + course.extended, limit.unit) if course.extended else limit


def _remaining(calendar: Calendar, course: Course, limit: Limit) -> tuple[datetime.date, int, bool]:
    """Return since when the term runs for the last time, with how many days, and on assumption."""
    day, left, provisional = course.begun, limit.days, False
    for since, until in course.pauses:
        if until is None:
            break
        end, _ = calendar.last_day(day, left, limit.unit)
        if end < since:  # it was over before
            break
        used, assumed = calendar.count(day, since, limit.unit)
        day, left, provisional = until, max(0, left - used), provisional or assumed
    return day, left, provisional
