"""Several people found a company: each confirms from their own log-in, and the case waits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals import actions, queries
from approvals.actions import Applicant, evidence
from approvals.actions.changes import recheck
from approvals.models import Application, Cosignature
from approvals.states import Outcome, State
from certificates.models import Certificate
from ledger.clock import now
from people.actors import CHECKER, CLOCK
from people.errors import ActionRejected
from services.verdict import judge
from tests.approvals.cases import answer_checks, citizen, decide, person, places, submit

SERVICE = "limited_company"


@pytest.fixture
def founders(furnished: None) -> tuple[Applicant, Applicant]:
    return person("trader"), person("trader_ban_over")


def company(founders: tuple[Applicant, Applicant], **changes: Any) -> dict[str, Any]:
    one, other = founders
    return {
        "kind": "company",
        "trade_name": "栖云澄",
        "scope": ["I6513"],
        "capital": "1000000",
        "paid_by": "2030-07-01",
        "investors": [
            {"name": one.name, "number": one.number, "capital": "600000"},
            {"name": other.name, "number": other.number, "capital": "400000"},
        ],
        "directors": [{"name": one.name, "number": one.number}],
        "premises": next(places("commercial")).code,
        "employees": 0,
        "promise": True,
        "consent": True,
        **changes,
    }


@pytest.fixture
def waiting(founders: tuple[Applicant, Applicant]) -> Application:
    case = submit("trader", SERVICE, answers=company(founders))
    answer_checks(case)
    return decide(case)[0]


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def test_the_case_waits_until_the_other_investor_has_signed(
    waiting: Application, founders: tuple[Applicant, Applicant]
) -> None:
    assert waiting.state == "waiting"
    other = citizen(founders[1])
    assert [c.application_id for c in queries.to_confirm(other)] == [waiting.id]
    assert queries.to_confirm(citizen(founders[0])) == []
    actions.cosign(number=waiting.number, granted=True, by=other, now=now())
    assert again(waiting).state == "submitted"
    answer_checks(waiting)
    (case,) = decide(waiting)
    assert case.state == "approved"
    assert Certificate.objects.get(application=case.number).number.startswith("91")
    assert queries.to_confirm(other) == []


def test_a_changed_record_is_judged_with_the_signatures_that_the_case_has(
    waiting: Application, founders: tuple[Applicant, Applicant]
) -> None:
    """Without them it would be judged as a case that still waits for a signature."""
    actions.cosign(number=waiting.number, granted=True, by=citizen(founders[1]), now=now())
    answer_checks(waiting)
    (case,) = decide(waiting)
    assert case.state == State.APPROVED
    (file,) = evidence.files([case])
    assert judge(file.book, file.inputs()).outcome == Outcome.APPROVE
    outcome = recheck([("population", case.applicant)], by=CHECKER, now=now())
    assert (outcome.unaffected, outcome.reopened) == ([case.number], [])


def test_who_founds_a_company_alone_signs_by_applying(
    founders: tuple[Applicant, Applicant],
) -> None:
    alone = [{"name": founders[0].name, "number": founders[0].number, "capital": "1000000"}]
    case = submit("trader", "limited_company", answers=company(founders, investors=alone))
    answer_checks(case)
    (settled,) = decide(case)
    assert settled.state == "approved"
    assert not Cosignature.objects.filter(application=case).exists()
    assert Certificate.objects.get(application=case.number).number.startswith("91")


def test_whoever_declines_sends_the_case_to_an_officer_with_a_reason(
    waiting: Application, founders: tuple[Applicant, Applicant]
) -> None:
    other = citizen(founders[1])
    with pytest.raises(ActionRejected) as caught:
        actions.cosign(number=waiting.number, granted=False, by=other, now=now())
    assert caught.value.code == "reason_required"
    actions.cosign(
        number=waiting.number, granted=False, by=other, now=now(), reason="我没有同意出资"
    )
    assert (again(waiting).state, again(waiting).handover) == ("review", "consent_denied:cosign")


def test_nobody_signs_for_another_or_twice(
    waiting: Application, founders: tuple[Applicant, Applicant]
) -> None:
    helped = replace(citizen(founders[1]), assistant="helper", services=frozenset([SERVICE]))
    for who in (citizen(founders[0]), citizen(person("graduate")), helped):
        with pytest.raises(ActionRejected) as caught:
            actions.cosign(number=waiting.number, granted=True, by=who, now=now())
        assert caught.value.status == 404
    other = citizen(founders[1])
    actions.cosign(number=waiting.number, granted=True, by=other, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.cosign(number=waiting.number, granted=True, by=other, now=now())
    assert caught.value.code == "answered"


def test_what_nobody_signed_in_time_goes_to_an_officer(waiting: Application) -> None:
    due = Cosignature.objects.get(application=waiting).due_at
    assert due == waiting.due_at  # three working days by law, before the five to sign in
    assert actions.stop_waiting(by=CLOCK, now=due - timedelta(microseconds=1)) == 0
    assert actions.stop_waiting(by=CLOCK, now=due) == 1
    assert again(waiting).handover == "consent_overdue:cosign"
