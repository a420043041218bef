"""Businesses that file their sale of prepackaged food, and what workers make of it."""

import datetime as dt
from functools import cache
from itertools import islice
from typing import Any

from approvals import actions
from approvals.models import Application
from approvals.workers import checks, confirmations
from exchange.models import Partner
from people.actors import ENGINE, agency
from tests.approvals.cases import CITY, places, submit

FOOD = {"F5211", "F5212", "F5222", "F5226", "F5229"}


@cache
def businesses() -> tuple[Any, ...]:
    """Return the businesses of the city that may file it, and are on no list."""
    every = map(CITY.enterprise, range(CITY.enterprises))
    return tuple(
        one
        for one in every
        if one.state == "active"
        and FOOD & set(one.scope)
        and CITY.record("violations", one.uscc) is None
    )


def filed(at: dt.datetime, place: int = 0, **more: Any) -> Application:
    """File it for one of them, by the one-stop hall's program."""
    business = businesses()[place]
    hall = Partner.objects.get(code="window")
    return submit(
        service="food_filing",
        applicant=actions.Applicant("enterprise", business.uscc, business.name),
        answers={
            "premises": next(islice(places("commercial"), place, None)).code,
            "food": "prepackaged",
            "contact_phone": "13800138000",
            "consent": True,
        },
        by=agency(hall),
        client=hall,
        channel="api",
        now=at,
        **more,
    )


def work(begin: dt.datetime, seconds: float, step: float = 0.5) -> dt.datetime:
    """Let the workers do what they do for so long, by a clock that is given; returns its end."""
    passed = 0.0
    while passed <= seconds:
        at = begin + dt.timedelta(seconds=passed)
        for name in checks.waiting(at):
            checks.run(registry=name, now=at)
        if claimed := actions.claim(limit=200, again=False, by=ENGINE):
            actions.decide_claimed(claimed=claimed, by=ENGINE, now=at)
        while confirmations.is_due(at) and confirmations.run(now=at):
            pass
        passed += step
    return begin + dt.timedelta(seconds=seconds)


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)
