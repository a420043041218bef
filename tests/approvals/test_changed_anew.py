"""Cases that changed or ended a certificate, decided once more: what stands then, and what not."""

import pytest

from approvals import actions
from approvals.models import Application
from approvals.states import State
from certificates.models import Certificate
from ledger.clock import now
from people.actors import officer
from people.errors import ActionRejected
from tests import officers
from tests.approvals.cases import audited, citizen, decide, submit, worker
from tests.approvals.test_entities import change, end, fields, licensed

pytestmark = pytest.mark.usefixtures("furnished")


def decided_anew(case: Application) -> Application:
    """One officer opens it again, another approves it again."""
    numbers = ("clerk-m1", "clerk-m2")
    first, second = (
        officer(officers.enrol(username=name, name="李敏", role="clerk", office="market"))
        for name in numbers
    )
    actions.reopen(number=case.number, reason="有人举报", by=first, now=now())
    actions.take(number=case.number, by=second, now=now())
    actions.approve(number=case.number, reason="变更属实", by=second, now=now())
    return Application.objects.get(pk=case.pk)


def test_a_change_that_is_approved_once_more_is_the_next_version_of_its_own() -> None:
    old = licensed()
    case = decided_anew(change(old, scope=["F5299", "I6513"]))
    assert case.state == State.APPROVED
    second, third = Certificate.objects.filter(application=case.number).order_by("version")
    assert (second.state, third.state, third.version) == ("superseded", "valid", 3)
    assert third.number == old.number and fields(third) == fields(second)
    assert audited() == []


def test_a_deregistration_that_is_approved_once_more_ends_nothing_twice() -> None:
    licence = licensed()
    case = decided_anew(end(licence))
    assert case.state == State.APPROVED
    assert Certificate.objects.get(pk=licence.pk).state == "cancelled"
    states = Certificate.objects.filter(application=case.number).order_by("version")
    assert list(states.values_list("state", flat=True)) == ["superseded", "valid"]
    assert audited() == []


def test_what_a_later_case_has_changed_is_not_decided_anew() -> None:
    """Or a second licence would be issued beside the one that stands."""
    licence = licensed()
    change(licence, scope=["F5299", "I6513"])
    with pytest.raises(ActionRejected) as caught:
        decided_anew(Application.objects.get(number=licence.application))
    assert caught.value.code == "changed_since"
    assert Certificate.objects.get(number=licence.number, state="valid").version == 2


@pytest.mark.parametrize("is_changed", [False, True])
def test_what_a_later_case_has_ended_is_not_decided_anew(is_changed: bool) -> None:
    """Or two officers would issue a second licence after the deregistration."""
    licence = licensed()
    cases = [Application.objects.get(number=licence.application)]
    if is_changed:
        cases.append(change(licence, scope=["F5299", "I6513"]))
    last = Certificate.objects.get(number=licence.number, state="valid")
    assert end(last).state == State.APPROVED
    by = officer(officers.enrol(username="clerk-m1", name="李敏", role="clerk", office="market"))
    for case in cases:
        with pytest.raises(ActionRejected) as caught:
            actions.reopen(number=case.number, reason="有人举报", by=by, now=now())
        assert caught.value.code == "ended_since"
        assert Application.objects.get(pk=case.pk).state == State.APPROVED
    assert not Certificate.objects.filter(number=licence.number, state="valid").exists()


def test_its_applicant_does_not_contest_what_they_have_had_ended() -> None:
    applicant, answers = worker(0)
    case = submit("trader", "sole_trader", applicant=applicant, answers=answers)
    assert decide(case)[0].state == State.APPROVED
    licence = Certificate.objects.get(application=case.number)
    assert end(licence).state == State.APPROVED
    with pytest.raises(ActionRejected) as caught:
        actions.reopen(number=case.number, reason="仍要经营", by=citizen(applicant), now=now())
    assert caught.value.code == "ended_since"


def test_a_reservation_that_a_licence_has_used_up_is_not_decided_anew() -> None:
    applicant, answers = worker(0)
    asked = {"trade_name": answers["trade_name"], "scope": answers["scope"], "consent": True}
    reservation = submit(service="name_reservation", applicant=applicant, answers=asked)
    assert decide(reservation)[0].state == State.APPROVED
    case = submit("trader", "sole_trader", applicant=applicant, answers=answers)
    assert decide(case)[0].state == State.APPROVED
    by = officer(officers.enrol(username="clerk-m1", name="李敏", role="clerk", office="market"))
    with pytest.raises(ActionRejected) as caught:
        actions.reopen(number=reservation.number, reason="有人举报", by=by, now=now())
    assert caught.value.code == "ended_since"


def test_where_the_end_itself_was_refused_afterwards_the_licence_is_decided_anew() -> None:
    """What is cancelled comes to life by no other way."""
    licence = licensed()
    ended = end(licence)
    first, second = (
        officer(officers.enrol(username=name, name="李敏", role="clerk", office="market"))
        for name in ("clerk-m1", "clerk-m2")
    )
    actions.reopen(number=ended.number, reason="有人举报", by=first, now=now())
    with pytest.raises(ActionRejected):  # not yet
        actions.reopen(number=licence.application, reason="误注销", by=first, now=now())
    actions.take(number=ended.number, by=second, now=now())
    actions.refuse(number=ended.number, reason="有未了结债务，不得简易注销。", by=second, now=now())
    actions.reopen(number=licence.application, reason="误注销", by=first, now=now())
    assert Application.objects.get(number=licence.application).state == State.REVIEW
