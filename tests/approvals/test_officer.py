"""What a named officer does: take, approve, refuse, return; and what others may not."""

from typing import Any

import orjson
import pytest

from approvals import actions, queries
from approvals.models import Application, Decision
from approvals.progress import wake
from certificates.models import Certificate
from ledger.clock import now
from people.actors import ENGINE, Actor, officer
from people.errors import ActionRejected
from tests.approvals.cases import (
    answer_checks,
    approve_by_two,
    citizen,
    decide,
    graduate_answers,
    person,
    settled,
    submit,
)
from tests.factories import UserFactory


@pytest.fixture
def case(furnished: None) -> Application:
    """A graduate with a credit hit: the machine handed it over."""
    return settled("credit_hit")


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def test_an_officer_approves_what_the_machine_could_not(furnished: None, clerk: Actor) -> None:
    case = submit("credit_hit")
    answer_checks(case, credit="timeout")
    (case,) = decide(case)
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="信用已修复，材料属实", by=clerk, now=now())
    assert again(case).state == "approved"
    said = orjson.loads(bytes(queries.latest_decision(case).receipt))
    assert said["officer"] == {"name": clerk.name, "office": "hrss"}
    assert said["reasons"] == ["信用已修复，材料属实"]
    assert said["verdict"]["outcome"] == "refer"
    assert Certificate.objects.get(application=case.number).state == "valid"


def test_a_refusal_has_a_name_and_reasons(case: Application, clerk: Actor) -> None:
    actions.take(number=case.number, by=clerk, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.refuse(number=case.number, reason="  ", by=clerk, now=now())
    assert (caught.value.code, caught.value.field) == ("reason_required", "/reason")
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    assert again(case).state == "refused"
    decision = Decision.objects.get(application=case, live=True)
    assert decision.officer.username == "clerk-a"
    assert not Certificate.objects.filter(application=case.number).exists()


def test_the_machine_cannot_refuse(case: Application) -> None:
    with pytest.raises(ActionRejected):
        actions.refuse(number=case.number, reason="x", by=ENGINE, now=now())
    assert again(case).state == "review"


def test_of_two_clerks_one_gets_the_case(case: Application, clerk: Actor, colleague: Actor) -> None:
    actions.take(number=case.number, by=clerk, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.take(number=case.number, by=colleague, now=now())
    assert caught.value.code == "taken"
    with pytest.raises(ActionRejected):
        actions.approve(number=case.number, reason="好", by=colleague, now=now())
    actions.release(number=case.number, by=clerk, now=now())
    actions.take(number=case.number, by=colleague, now=now())


def test_another_offices_clerk_finds_nothing(case: Application, stranger: Actor) -> None:
    with pytest.raises(ActionRejected) as caught:
        actions.take(number=case.number, by=stranger, now=now())
    assert caught.value.status == 404
    assert not queries.visible_to(stranger).filter(id=case.id).exists()


def test_a_stale_page_is_told_so(case: Application, clerk: Actor) -> None:
    version = case.events
    actions.take(number=case.number, by=clerk, now=now(), version=version)
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="好", by=clerk, now=now(), version=version)
    assert (caught.value.code, caught.value.status) == ("stale", 409)


def test_an_officer_returns_a_case_and_the_citizen_has_a_day_to_correct_it_by(
    case: Application, clerk: Actor
) -> None:
    actions.take(number=case.number, by=clerk, now=now())
    actions.return_(number=case.number, reason="请补充信用修复证明", by=clerk, now=now())
    assert again(case).state == "returned"
    assert again(case).correct_by > now()


def test_a_citizen_contests_and_another_officer_decides(
    case: Application, clerk: Actor, colleague: Actor
) -> None:
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = citizen(person("credit_hit"))
    actions.reopen(number=case.number, reason="记录已于上月撤销", by=me, now=now())
    assert (again(case).state, again(case).handover) == ("review", "contested")
    assert not Decision.objects.filter(application=case, live=True).exists()
    with pytest.raises(ActionRejected) as caught:
        actions.take(number=case.number, by=clerk, now=now())
    assert caught.value.code == "decided_before"
    actions.take(number=case.number, by=colleague, now=now())
    third = officer(UserFactory(clerk=True, username="clerk-d", office__code="hrss"))
    reason = "核实信用记录已于上月撤销，撤销函附后"
    approve_by_two(case.number, reason, first=colleague, second=third)
    said = orjson.loads(bytes(queries.latest_decision(case).receipt))
    assert said["contested"] == "记录已于上月撤销"
    assert Decision.objects.get(application=case, live=True).outcome == "approve"


def test_reopening_an_approval_suspends_its_certificate_until_decided(
    furnished: None, clerk: Actor
) -> None:
    case = settled("graduate")
    me = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="地址写错了", by=me, now=now())
    assert Certificate.objects.get(application=case.number).state == "suspended"
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="核实无误", by=clerk, now=now())
    states = Certificate.objects.filter(application=case.number).values_list("state", flat=True)
    assert sorted(states) == ["superseded", "valid"]


def test_the_machine_that_approves_again_supersedes_what_it_issued_before(
    furnished: None, clerk: Actor
) -> None:
    case = settled("graduate")
    me = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="地址写错了", by=me, now=now())
    actions.take(number=case.number, by=clerk, now=now())
    actions.return_(number=case.number, reason="请更正地址", by=clerk, now=now())
    actions.resubmit(number=case.number, answers=graduate_answers(), by=me, now=now())
    answer_checks(again(case))
    decide()
    assert again(case).state == "approved"
    assert again(case).round > 1  # what tells issuing that there may be a certificate already
    states = Certificate.objects.filter(application=case.number).values_list("state", flat=True)
    assert sorted(states) == ["superseded", "valid"]


def test_somebody_elses_case_cannot_be_withdrawn(case: Application) -> None:
    with pytest.raises(ActionRejected) as caught:
        actions.withdraw(number=case.number, by=citizen(person("criminal")), now=now())
    assert caught.value.status == 404


def test_one_withdraws_ones_own_case_once(case: Application) -> None:
    me = citizen(person("credit_hit"))
    actions.withdraw(number=case.number, by=me, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.withdraw(number=case.number, by=me, now=now())
    assert caught.value.code == "illegal_move"
    assert caught.value.zh and "withdraw" in caught.value.en


def test_an_agency_that_an_officer_asks_is_sent_the_question_at_once(
    furnished: None,
    stranger: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    case = settled("trader_food", "sole_trader", by_person=True)
    actions.take(number=case.number, by=stranger, now=now())
    sent: list[str] = []
    monkeypatch.setattr(wake, "tasks", lambda name, **each: sent.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        actions.await_consent(number=case.number, item="food", by=stranger, now=now())
    assert again(case).state == "waiting" and sent == ["exchange.deliver"]
