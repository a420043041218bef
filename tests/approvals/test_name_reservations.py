"""A reserved name is kept for its applicant, by the database, until it lapses or is registered."""

import datetime

import pytest

from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application
from approvals.states import State
from approvals.workers.engine import Engine
from certificates.actions.lifecycle import cancel, expire
from certificates.models import Certificate
from ledger.clock import city_date, now
from people.actors import ENGINE, officer
from people.errors import ActionRejected
from tests import officers
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    submit,
    trader_answers,
    worker,
)
from tests.approvals.test_entities import held
from tests.approvals.test_persons import FIT, company

pytestmark = pytest.mark.usefixtures("furnished")


def reserve(
    applicant: actions.Applicant, name: str, *codes: str, key: Key | None = None
) -> Application:
    answers = {"trade_name": name, "scope": list(codes or ("F5299",)), "consent": True}
    return submit(service="name_reservation", applicant=applicant, answers=answers, key=key)


def reserved(applicant: actions.Applicant, name: str) -> Certificate:
    case = reserve(applicant, name)
    assert decide(case)[0].state == State.APPROVED
    return Certificate.objects.get(application=case.number)


def test_a_reserved_name_is_its_applicants_and_the_licence_uses_it_up() -> None:
    (one, answers), (other, others) = worker(0), worker(1)
    name = answers["trade_name"]
    reservation = reserved(one, name)
    day = city_date(reservation.issued_at)
    assert reservation.expires_on is not None and 59 <= (reservation.expires_on - day).days <= 62
    with pytest.raises(ActionRejected) as caught:
        submit("trader", "sole_trader", applicant=other, answers={**others, "trade_name": name})
    assert caught.value.code == "duplicate" and caught.value.members == {}
    assert reservation.application not in str(caught.value) and "请更换" in caught.value.zh
    case = submit(
        "trader", "sole_trader", applicant=one, answers=answers, key=Key("a-key", bytes(32))
    )
    assert held() == [("name_reservation", name)]
    assert audited() == []
    Engine().drain()
    case = Application.objects.get(pk=case.pk)
    assert case.state == State.APPROVED, case.handover
    assert Certificate.objects.get(pk=reservation.pk).state == "cancelled"
    assert held() == [("sole_trader", name)]
    assert audited() == []


def test_a_licence_that_is_given_up_leaves_the_reservation_as_it_was() -> None:
    one, answers = worker(0)
    reservation = reserved(one, answers["trade_name"])
    case = submit("trader", "sole_trader", applicant=one, answers=answers, by_person=True)
    assert decide(case)[0].state == State.REVIEW
    assert held() == [("name_reservation", answers["trade_name"])]
    actions.withdraw(number=case.number, by=citizen(one), now=now())
    assert held() == [("name_reservation", answers["trade_name"])]
    assert Certificate.objects.get(pk=reservation.pk).state == "valid"
    assert audited() == []


def test_of_two_that_would_use_up_one_reservation_the_first_to_be_granted_has_it() -> None:
    """The other was handed in before and is with an officer: it comes back for another name."""
    founder = FIT[0]
    one, name = actions.Applicant("person", founder.number, founder.name), "栖云清河"
    reservation = reserve(one, name, "I6513")
    assert decide(reservation)[0].state == State.APPROVED
    answers = trader_answers(trade_name=name, scope=["I6513"])
    older = submit("trader", "sole_trader", applicant=one, answers=answers, by_person=True)
    assert decide(older)[0].state == State.REVIEW
    newer = company(founder, investors=(founder,))
    answer_checks(newer)
    (newer,) = decide(newer)
    assert newer.state == State.APPROVED, newer.handover
    assert held() == [("limited_company", name)]
    assert Certificate.objects.get(application=reservation.number).state == "cancelled"
    user = officers.enrol(username="clerk-m", name="李敏", role="clerk", office="market")
    by = officer(user)
    actions.take(number=older.number, by=by, now=now())
    with pytest.raises(ActionRejected, match=newer.number):
        actions.approve(number=older.number, reason="同意设立", by=by, now=now())
    assert Application.objects.get(pk=older.pk).state == State.REVIEW
    assert held() == [("limited_company", name)]
    assert audited() == []
    licence = Certificate.objects.get(application=newer.number)
    cancel(public_id=licence.public_id, reason="不再经营", by=by, now=now())
    assert held() == [("sole_trader", name)]
    assert audited() == []


def test_when_a_reservation_lapses_the_case_that_waits_for_it_holds_the_name() -> None:
    one, answers = worker(0)
    reservation = reserved(one, answers["trade_name"])
    submit("trader", "sole_trader", applicant=one, answers=answers)
    assert expire(by=ENGINE, now=now() + datetime.timedelta(days=70)) == 1
    assert Certificate.objects.get(pk=reservation.pk).state == "expired"
    assert held() == [("sole_trader", answers["trade_name"])]


def test_a_name_is_free_on_the_day_after_the_last_though_nobody_has_swept() -> None:
    (one, _), (other, answers) = worker(0), worker(1)
    reservation = reserved(one, answers["trade_name"])
    last = datetime.datetime.combine(reservation.expires_on, datetime.time(12), now().tzinfo)
    with pytest.raises(ActionRejected, match="Somebody else"):
        submit("trader", "sole_trader", applicant=other, answers=answers, now=last)
    case = submit(
        "trader", "sole_trader", applicant=other, answers=answers, now=last + datetime.timedelta(1)
    )
    assert held() == [("sole_trader", answers["trade_name"])]
    assert Certificate.objects.get(pk=reservation.pk).state == "expired"
    assert case.state == State.SUBMITTED


@pytest.mark.parametrize("waits", [False, True])
def test_a_reservation_that_is_over_is_not_used_up_though_nobody_has_swept(waits: bool) -> None:
    """Handed in the day after, or judged then: the name is the licence's, the reservation's end
    its own last day."""
    one, answers = worker(0)
    reservation = reserved(one, answers["trade_name"])
    last = datetime.datetime.combine(reservation.expires_on, datetime.time(12), now().tzinfo)
    after = last + datetime.timedelta(1)
    case = submit(
        "trader", "sole_trader", applicant=one, answers=answers, now=last if waits else after
    )
    claimed = actions.claim(limit=50, again=False, by=ENGINE)
    actions.decide_claimed(claimed=claimed, by=ENGINE, now=after)
    case = Application.objects.get(pk=case.pk)
    assert case.state == State.APPROVED, case.handover
    expire(by=ENGINE, now=after)
    assert Certificate.objects.get(pk=reservation.pk).state == "expired"
    assert held() == [("sole_trader", answers["trade_name"])]
    assert audited() == []
