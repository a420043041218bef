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
from tests.approvals.cases import audited
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
