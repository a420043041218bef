"""One form, two subsidies: what is provable is granted, what is not is an officer's, apart."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest

from approvals import actions as approvals
from approvals.actions import submission
from approvals.models import Application, Decision, GuardKey
from approvals.records import replay
from city.errors import SourceError
from entitlements.models import Entitlement
from ledger.clock import now
from ledger.models import Event
from people.actors import officer
from people.errors import ActionRejected
from services import publish
from tests import officers
from tests.approvals.cases import audited, citizen, decide, person, submit
from tests.entitlements.cases import paid, tell
from tests.services.packs import changed, line_of, text

SUBSIDIES = "disability_subsidies"
SOURCE = text(SUBSIDIES)
BOTH = ["living", "nursing"]


def handed_in(*asked: str) -> list[Application]:
    """Hand in as the persona and let the engine decide; returns all that it was handed in as."""
    answers = {"subsidies": list(asked), "consent": True}
    submit("disabled", SUBSIDIES, answers=answers)
    made = Application.objects.filter(service=SUBSIDIES)  # within a millisecond: in any order
    return decide(*sorted(made, key=lambda one: one.answers["subsidies"]))


def is_low_income(application: str, since: str | None = "2025-01-01") -> None:
    tell("assistance", application, low_income_since=since, low_income_until=None, account=True)


@pytest.fixture
def poor(furnished: None) -> str:
    from people import identity

    index = identity.index(person("disabled").number)
    is_low_income(index)
    return index


def test_what_is_provable_is_granted_and_the_rest_is_an_officers_by_itself(poor: str) -> None:
    is_low_income(poor, None)
    living, nursing = handed_in(*BOTH)
    assert (living.answers["subsidies"], living.state) == (["living"], "review")
    assert (nursing.answers["subsidies"], nursing.state) == (["nursing"], "approved")
    (row,) = Entitlement.objects.all()
    assert (row.kind, row.application, row.amount) == (
        "disability_nursing", nursing.number, Decimal(300),
    )  # fmt: skip
    said = orjson.loads(bytes(Decision.objects.get(application=nursing).receipt))
    results = {r["id"]: r["result"] for r in said["verdict"]["requirements"]}
    assert (results["low_income"], results["severe"]) == ("not_applicable", "met")
    assert [e["kind"] for e in said["entitlements"]] == ["disability_nursing"]
    assert all(replay.fault(d) == "" for d in Decision.objects.all())
    assert audited() == []


def test_each_event_names_all_that_the_form_was_handed_in_as(poor: str) -> None:
    made = handed_in(*BOTH)
    numbers = [a.number for a in made]
    for one in made:
        event = Event.objects.get(subject=one.subject, kind="submitted")
        assert sorted(orjson.loads(event.data)["together"]) == sorted(numbers)
    assert [a.state for a in made] == ["approved", "approved"]
    assert {e.kind for e in Entitlement.objects.all()} == {
        "disability_living",
        "disability_nursing",
    }
    period = Entitlement.objects.all()[0].first_period
    found = paid(period, SUBSIDIES)
    assert found.payments is not None and (found.payments.entries, found.payments.total) == (2, 500)


def test_what_was_not_asked_for_is_left(poor: str) -> None:
    (only,) = handed_in("nursing")
    assert only.state == "approved"
    assert [e.kind for e in Entitlement.objects.all()] == ["disability_nursing"]
    assert "together" not in orjson.loads(Event.objects.get(subject=only.subject, seq=1).data)


def test_the_other_may_be_asked_for_later_and_the_same_may_not(poor: str) -> None:
    handed_in("nursing")
    with pytest.raises(ActionRejected) as caught:
        handed_in("nursing")
    assert caught.value.code == "duplicate"
    assert len(handed_in("living")) == 2
    with pytest.raises(ActionRejected):
        handed_in(*BOTH)  # nothing of it is written
    assert Application.objects.filter(service=SUBSIDIES).count() == 2
    assert GuardKey.objects.filter(held=True).count() == 2


def test_one_key_makes_both_once(poor: str) -> None:
    applicant = person("disabled")
    new = approvals.NewApplication(
        service=SUBSIDIES,
        applicant=applicant,
        answers={"subsidies": BOTH, "consent": True},
        channel="portal",
        key=submission.Key("twice", b"1" * 32),
    )
    first = approvals.submit(new=new, by=citizen(applicant), now=now())
    again = approvals.submit(new=new, by=citizen(applicant), now=now())
    assert again.id == first.id and Application.objects.filter(service=SUBSIDIES).count() == 2


def test_a_correction_adds_no_result_to_a_case_of_one(poor: str) -> None:
    """One verdict would decide both: an officer who approves one would grant the other unseen."""
    is_low_income(poor, None)
    (case,) = handed_in("living")
    by = officer(officers.enrol(username="clerk-a", name="李敏", role="clerk", office="civil"))
    approvals.take(number=case.number, by=by, now=now())
    approvals.return_(number=case.number, reason="请核对所申请的补贴", by=by, now=now())
    answers = {"subsidies": BOTH, "consent": True}
    with pytest.raises(ActionRejected) as caught:
        approvals.resubmit(
            number=case.number, answers=answers, by=citizen(person("disabled")), now=now()
        )
    assert (caught.value.code, caught.value.status) == ("one_result", 422)
    case = Application.objects.get(pk=case.pk)
    assert (case.state, case.answers["subsidies"]) == ("returned", ["living"])


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        ("for: living\n  must", "for: lodging\n  must", "for: lodging", "no outcome lodging"),
        ("  asked: subsidies", "  asked: alive", "  asked: alive", "list of the form"),
        ("{const: nursing, ", "{const: care, ", "  asked: subsidies", "list of the form"),
        ("      minItems: 1\n", "", "    subsidies:\n", "or nothing is granted"),
        ("      minItems: 1\n", "      minItems: 0\n", "    subsidies:\n", "or nothing is granted"),
        ("- {id: nursing, zh: 重", "- {id: living, zh: 重", "  items:\n  - {id: l", "stands twice"),
        (
            "- kind: disability_nursing",
            "- kind: disability_living",
            "entitlements:",
            "stands twice",
        ),
        ("  for: living\n  zh: 困难", "  zh: 困难", "- kind: disability_living", "paid with each"),
        (
            "  for: nursing\n  zh: 重",
            "  for: living\n  zh: 重",
            "  - {id: nursing",
            "gives nothing",
        ),
    ],
)
def test_faults_of_outcomes_have_their_line(before: str, after: str, at: str, says: str) -> None:
    source = changed(before, after, SOURCE)
    with pytest.raises(SourceError) as caught:
        publish.check(source, "pack.yaml")
    found = [f for f in caught.value.all() if says in f.en]
    assert found and any(abs(f.line - line_of(at, source)) <= 1 for f in found)
