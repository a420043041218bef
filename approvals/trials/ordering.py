"""Ordering a trial: a draft and the days of receipt of the cases that it is tried on."""

import datetime

from django.db import transaction

from approvals.errors import not_found
from approvals.records.backtest import Period
from approvals.trials.past import has_cases, near
from ledger.clock import city_date
from people import roles
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue, trials
from services.models import Trial, TrialKind
from services.models.trials import ENDED
from services.publishable import read
from services.steps import lock_service


def order(
    *,
    text: str,
    first_day: datetime.date,
    last_day: datetime.date,
    by: Actor,
    now: datetime.datetime,
    file: str = "draft.yaml",
) -> Trial:
    """Order a trial of a draft; one of the same text and days that has not ended is that one.

    ``first_day``, ``last_day``: of receipt, both included. A service none of whose cases was ever
    decided, a new one as well, is tried on generated boundary cases. Raises ``SourceError`` for a
    text that is no pack, and ``ActionRejected``: 404 for who is no policy officer, 422 for a period
    that begins after its end, ends after today or has no decided case.
    """
    if by.kind is not Kind.OFFICER or by.role not in roles.POLICIES:
        raise not_found()
    pack = read(text, file)
    code, today = pack.pack.service, city_date(now)
    _require_period(first_day, last_day, today)
    kind = TrialKind.PAST if has_cases(code) else TrialKind.BOUNDARY
    if kind is TrialKind.PAST and not has_cases(code, Period(first_day, last_day, now)):
        zh = f"{first_day} 至 {last_day} 之间没有收到并已办结的办件，请改选期间"
        en = f"No case received from {first_day} to {last_day} was decided: choose other days."
        raise ActionRejected("trial_without_cases", zh, en, status=422, field="/first_day")
    live = catalogue.in_force(code, today)
    wanted = trials.Order(pack, live, kind, first_day, last_day)
    with transaction.atomic():
        lock_service(code)  # two orders at once are one
        open_ = Trial.objects.exclude(state__in=ENDED).filter(
            service=code, hash=pack.digest(), first_day=first_day, last_day=last_day, live=live
        )
        return open_.order_by("asked_at").first() or trials.ordered(wanted, by=by, now=now)


def usual_period(
    service: str, digest: str, now: datetime.datetime
) -> tuple[datetime.date, datetime.date]:
    """Return the days of receipt that a trial of a text ordered now has to go over, or some more.

    Where no case of them was decided, they go on to the nearest one.
    """
    first, last = trials.required(service, digest, now)
    day = near(service, Period(first, last, now))
    return (min(first, day), max(last, day)) if day else (first, last)


def _require_period(first: datetime.date, last: datetime.date, today: datetime.date) -> None:
    if first > last:
        zh, en = "起日晚于止日", "The first day is after the last."
        raise ActionRejected("period_reversed", zh, en, status=422, field="/first_day")
    if last > today:
        zh, en = f"止日不得晚于今天（{today}）", f"The last day is after today ({today})."
        raise ActionRejected("period_in_future", zh, en, status=422, field="/last_day")
