"""The numbers of an office, against times that the test itself chose and reckoned by hand."""

import datetime as dt
from typing import Any

import pytest

from approvals import actions
from approvals.models import Application
from approvals.review import measures
from ledger.clock import now
from people.actors import Actor
from tests.approvals.cases import citizen, settled, worker
from tests.approvals.test_desk_lists import clerk_of_market
from tests.approvals.test_hands import supervisor_of
from tests.approvals.test_queue import QUEUE, by_person
from tests.approvals.test_traces import enter

SINCE = dt.timedelta(days=7)
REASON = "已核对全部材料，与登记信息一致，予以办理"


def at(start: dt.datetime, **later: float) -> dt.datetime:
    return start + dt.timedelta(**later)


def work(office: str = "market", region: str = "") -> Any:
    return measures.work(office=office, region=region, since=now() - SINCE)


@pytest.fixture
def me(furnished: None) -> Actor:
    return clerk_of_market("clerk-m")


def decided(place: int, me: Actor, *, taken: float, minutes: float) -> Application:
    """A case taken so many hours after the engine handed it over, and approved after minutes."""
    case = by_person(place)
    start = now()
    actions.take(number=case.number, by=me, now=at(start, hours=taken))
    end = at(start, hours=taken, minutes=minutes)
    actions.approve(number=case.number, reason=REASON, by=me, now=end)
    return case


def test_the_share_of_automatic_approvals_and_the_times_of_the_others(me: Actor) -> None:
    for place, (taken, minutes) in enumerate(((1, 10), (2, 20), (3, 60))):
        decided(place, me, taken=taken, minutes=minutes)
    applicant, answers = worker(3)
    assert settled(service="sole_trader", applicant=applicant, answers=answers).state == "approved"
    by_person(4)  # waits: not settled, so in no number
    (line,), reasons = work()
    assert (line.service, line.settled, line.decided, line.automatic) == ("sole_trader", 4, 4, 1)
    assert line.automatic_share == 0.25
    for times in (line.times, *reasons):
        assert times is not None and times.cases == 3
        # of 10, 20, 60 the median is 20, and nine tenths of the way from first to last: 20 + 0.8*40
        assert times.minutes == pytest.approx((20, 52), abs=0.1)
        assert times.hours == pytest.approx((2, 2.8), abs=0.01)
    assert [times.reason for times in reasons] == ["person_requested"]
    assert work("hrss") == ([], [])
    assert work(region="440399") == ([], [])
    assert measures.work(office="market", region="", since=at(now(), hours=1)) == ([], [])


def test_minutes_count_while_the_case_is_in_hands_and_the_citizen_is_not_waited_for(
    me: Actor,
) -> None:
    """Taken 5 min, put back 30, taken by another for 7, returned; corrected, taken for 11."""
    colleague = clerk_of_market("clerk-n")
    case, start = by_person(0), now()
    number = case.number
    actions.take(number=number, by=me, now=at(start, minutes=60))
    actions.release(number=number, by=me, now=at(start, minutes=65))
    actions.take(number=number, by=colleague, now=at(start, minutes=95))
    actions.return_(
        number=number, reason="请补交经营场所证明", by=colleague, now=at(start, minutes=102)
    )
    applicant, answers = worker(0)
    actions.resubmit(
        number=number, answers=answers, by=citizen(applicant), now=at(start, minutes=400)
    )
    from tests.approvals.cases import decide

    again = decide(Application.objects.get(pk=case.pk))[0]
    assert again.state == "review"
    end = max(at(start, minutes=500), now())
    actions.take(number=number, by=me, now=end)
    actions.approve(number=number, reason=REASON, by=me, now=at(end, minutes=11))
    (line,), _reasons = work()
    assert line.times is not None
    assert line.times.minutes == pytest.approx((5 + 7 + 11,) * 2, abs=0.1)
    assert line.times.hours == pytest.approx((1, 1), abs=0.01)
    assert (line.returns, line.returns_a_case) == (1, 1.0)


def test_on_its_way_to_another_office_a_case_is_in_nobodys_hands(me: Actor, clerk: Actor) -> None:
    """In hands 5 min, then given to another office; taken there half an hour later, for 7."""
    case, start = by_person(0), now()
    number = case.number
    actions.take(number=number, by=me, now=at(start, minutes=60))
    actions.transfer(
        number=number, to="hrss", reason="属人社部门职责", by=me, now=at(start, minutes=65)
    )
    actions.take(number=number, by=clerk, now=at(start, minutes=95))
    actions.refuse(number=number, reason="材料不实", by=clerk, now=at(start, minutes=102))
    (line,), _reasons = work("hrss")
    assert line.times is not None
    assert line.times.minutes == pytest.approx((5 + 7,) * 2, abs=0.1)


def test_the_page_is_the_supervisors_and_leads_to_the_cases(me: Actor) -> None:
    decided(0, me, taken=1, minutes=10)
    supervisor_of("market")
    supervisor_of("hrss", None, "elsewhere")
    boss = enter("boss")
    for days in ("", "7", "90", "x", "9" * 30):
        body = boss.get(f"{QUEUE}numbers/", {"days": days}).content.decode()
        assert "0.0%" in body and "?state=settled&amp;service=sole_trader" in body, days
        assert "reason=person_requested&amp;service=sole_trader" in body
    assert "sole_trader" not in enter("elsewhere").get(f"{QUEUE}numbers/").content.decode()
    for client in (enter("clerk-m"), enter("aud", "auditor"), enter("pol", "policy")):
        assert client.get(f"{QUEUE}numbers/").status_code == 403
    assert boss.get(QUEUE, {"state": "settled", "service": "sole_trader"}).status_code == 200
