"""A month of automatic approvals and controls, and its end with a tree head, for tests."""

import datetime as dt
from itertools import islice

from approvals import actions
from approvals.models import Application, SampleDraw
from approvals.sampling import drawing, population
from ledger import heads
from ledger.clock import city_date, now
from people.actors import CLOCK, officer
from people.models import Region
from tests import officers
from tests.approvals import cases
from tests.factories import UserFactory


def this_month() -> dt.date:
    """The month that cases of now are of."""
    return city_date(now()).replace(day=1)


def after() -> dt.datetime:
    """A moment after this month's end, and after the pause before its draw."""
    return population.bounds(this_month())[1] + dt.timedelta(hours=1)


def graduates(count: int, first: int = 50) -> list[Application]:
    """Decide on graduates until so many are approved by the machine, each another person."""
    found: list[Application] = []
    for place in islice(cases.CITY.members("graduate"), first, None):
        person = cases.CITY.person(place)
        who = actions.Applicant("person", person.number, person.name)
        made = cases.settled(applicant=who)
        if made.state == "approved":
            found.append(made)
        if len(found) == count:
            break
    assert len(found) == count
    return found


def refused() -> Application:
    """Let a clerk, who has left since, refuse what the machine did not approve: a control."""
    case = cases.settled("credit_hit")
    by = clerk_of("clerk-decider")
    actions.take(number=case.number, by=by, now=now())
    why = "申请人在失信被执行人名单中，不符合落户条件，不予批准"
    actions.refuse(number=case.number, reason=why, by=by, now=now())
    officers.change("clerk-decider", is_active=False)
    return case


def pass_by() -> None:
    """Let the month end: every event is under the tree, and a later one under a later head."""
    while heads.sequence(now()) is not None:
        pass
    Region.objects.create(code="990001", name_zh="某区", name_en="A region")  # has a row event
    assert heads.sequence(after()) is not None


def drawn(count: int = 6) -> SampleDraw:
    """Let a month pass with approvals and one case of an unmet condition, and draw it."""
    graduates(count)
    refused()
    pass_by()
    made = drawing.draw(month=this_month(), by=CLOCK, now=after())
    assert made is not None
    return made


def clerk_of(username: str, office: str = "hrss", **more: str):  # type: ignore[no-untyped-def]
    return officer(UserFactory(clerk=True, username=username, office__code=office, **more))
