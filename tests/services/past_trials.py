"""Finished trials over days of receipt, whatever cases there are."""

import datetime
from typing import Any

from django.conf import settings

import bulk
from ledger.clock import city_date
from people.actors import CLOCK
from services import trials
from services.edition import draft
from services.models import Edition, Trial, TrialFlip, TrialKind
from tests.services.packs import LI

DAY = datetime.timedelta(days=1)


def finished(
    now: datetime.datetime,
    text: str,
    *,
    live: Edition | None = None,
    days: int = 90,
    until: int = 1,
    **found: Any,
) -> Trial:
    """A finished trial over ``days`` days of receipt, the last of them ``until`` days ago.

    ``found``: ``flips`` (2) and ``disagreements`` (0).
    """
    last = city_date(now) - until * DAY
    read = draft(text, city=settings.CITY)
    order = trials.Order(read, live, TrialKind.PAST, last - (days - 1) * DAY, last)
    trial = trials.ordered(order, by=LI, now=now)
    trials.begin(trial, by=CLOCK, now=now)
    trial.flips, trial.cases = found.get("flips", 2), 10
    trial.disagreements = found.get("disagreements", 0)
    rows = [
        TrialFlip(
            trial=trial,
            place=place,
            live="approve",
            draft="refer",
            changes={"resident": ["met", "unmet (refer)"]},
            facts={"as_of": "2026-07-01"},
        )
        for place in range(1, trial.flips + 1)
    ]
    bulk.insert(TrialFlip, rows)
    trials.finish(trial, by=CLOCK, now=now)
    return Trial.objects.get(pk=trial.pk)
