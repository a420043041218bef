"""An officer is away: they are given no case, take none, and what they have goes back."""

import datetime

from django.db import transaction
from django.db.models import QuerySet

from approvals import policies
from approvals.actions import hands, steps
from approvals.errors import not_found
from approvals.models import Absence, Application
from approvals.states import State
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User

LONGEST = 366  # days


def away(on: datetime.date) -> QuerySet[Absence]:
    """Return who is away on a day of the city."""
    return Absence.objects.filter(ended_at=None, until__gte=on)


def mark_away(
    *, officer: str, until: datetime.date, release: bool, by: Actor, now: datetime.datetime
) -> int:
    """Mark oneself, or a clerk of one's office as a supervisor, as away to the end of a day.

    ``release``: put every case that they have back into the queue, each with its Event; otherwise
    the time without them does (``release_absent``). Returns how many were put back.
    """
    today = city_date(now)
    if not today <= until <= today + datetime.timedelta(days=LONGEST):
        raise ActionRejected(
            "wrong_day",
            "请填写今天至一年内的日期",
            "Name a day from today on, within a year.",
            status=422,
            field="/until",
        )
    with transaction.atomic():
        clerk = _clerk(officer, by)
        marker = User.objects.get(username=by.code)
        _open(clerk).update(ended_at=now, ended_by=marker)
        Absence.objects.create(officer=clerk, until=until, marked_by=marker, marked_at=now)
        return _release_all(clerk, by, now) if release else 0


def mark_back(*, officer: str, by: Actor, now: datetime.datetime) -> None:
    """Say that somebody who was marked as away is back."""
    with transaction.atomic():
        clerk = _clerk(officer, by)
        marker = User.objects.get(username=by.code)
        if not _open(clerk).update(ended_at=now, ended_by=marker):
            raise ActionRejected("not_away", "没有标记为离岗", "Not marked as away.")


def _open(clerk: User) -> QuerySet[Absence]:
    return Absence.objects.filter(officer=clerk, ended_at=None)


def _clerk(officer: str, by: Actor) -> User:
    """Lock and return a clerk whom ``by`` may mark: themself, or one within their supervision.

    Not the key: a decision of theirs, which has locked its case, names them by it, and this waits
    for that case next.
    """
    found = User.objects.select_for_update(no_key=True).filter(username=officer, is_active=True)
    clerk = found.filter(role=User.Role.CLERK).first()
    if clerk is None or not policies.may_mark_away(by, clerk):
        raise not_found()
    return clerk


def _release_all(clerk: User, by: Actor, now: datetime.datetime) -> int:
    cases = list(
        Application.objects.select_for_update()
        .filter(state=State.REVIEW, taken_by=clerk)
        .order_by("id")
    )
    events = []
    data = {"from": clerk.username, "reason": "away"}
    for case in cases:
        case.taken_by = case.taken_at = None
        events.append(steps.event_in_place(case, "released", by=by, now=now, data=data))
    if cases:
        hands.write(cases, events)
    return len(cases)
