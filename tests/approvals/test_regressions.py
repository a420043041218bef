"""Overturned approvals become regression cases: proposed masked, accepted, held against drafts."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from approvals import actions
from approvals.actions import evidence
from approvals.actions import overturned as overturned_cases
from approvals.models import Decision, Evidence
from city.errors import SourceError
from ledger.clock import now
from ledger.models import Event
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from services import catalogue, publish
from services.edition import draft
from services.models import Edition, Regression
from services.regressions import Result, faults, judged, masking, remarks
from services.regressions.actions import ask_retirement, decline, keep, retire
from tests import officers
from tests.approvals.cases import audited, citizen, graduate_answers, person, settled
from tests.approvals.regressions import (
    LAW,
    REASON,
    WHY,
    accepted,
    later,
    legal,
    mended,
    overturned,
    repeating,
)
from tests.services.editions import passed, with_officers
from tests.services.packs import CITY, LI

FILE = "graduate_settlement.yaml"


def code(action: object, *arguments: object, **more: object) -> str:
    with pytest.raises(ActionRejected) as caught:
        action(*arguments, **more)  # type: ignore[operator]
    return caught.value.code


def read(source: str):
    return draft(source, FILE, city=CITY)


def test_a_refusal_of_what_the_machine_approved_proposes_a_masked_case(clerk: Actor) -> None:
    case = overturned(clerk, f"{WHY}（{person('graduate').name}，电话 13912345678）")
    machine = Decision.objects.get(application=case, outcome="approve")
    row = Regression.objects.get()
    assert (row.decision, row.state, row.cause) == (machine.pk, "proposed", "rule")
    assert (row.origin, row.expected, str(row)) == (
        "reopening", "not_approve", "graduate_settlement-1",
    )  # fmt: skip
    assert WHY in row.words and "13912345678" not in row.words
    whole = f"{row.facts} {row.words}"
    facts = machine.inputs
    for text in (case.applicant_name, case.applicant, case.number, facts["school"],
                 facts["address"], facts["address_text"]):  # fmt: skip
        assert len(text) > 1 and text not in whole
    assert judged(catalogue.rulebook(row.edition_id), row).result is Result.REPEATED
    event = Event.objects.get(subject="service:graduate_settlement", kind="regression_proposed")
    assert event.by == str(clerk)
    assert not audited()


def test_an_accepted_case_blocks_the_edition_that_repeats_it_by_name(clerk: Actor) -> None:
    with_officers()
    overturned(clerk)
    row = Regression.objects.get()
    assert not faults(read(repeating()))  # proposed: it binds nobody yet
    accepted(row, legal())
    (fault,) = faults(read(repeating()))
    for part in ("graduate_settlement-1", LAW, REASON):
        assert part in fault.zh and part in fault.en
    assert not faults(read(mended()))
    assert not remarks(read(mended()))
    # a figure that makes the same error from some later day on
    assert faults(read(mended(until=later(60))))
    with pytest.raises(SourceError, match="graduate_settlement-1"):
        publish.propose(repeating(), by=LI, now=now(), file=FILE)
    assert not Edition.objects.filter(service="graduate_settlement", number=2).exists()
    proposal = publish.propose(mended(), by=LI, now=now(), file=FILE)
    assert passed(proposal, now()).number == 2


def test_one_accepted_after_a_proposal_stops_its_confirmation(clerk: Actor) -> None:
    with_officers()
    proposal = publish.propose(repeating(), by=LI, now=now(), file=FILE)
    overturned(clerk)
    accepted(Regression.objects.get(), legal())
    with pytest.raises(SourceError, match="graduate_settlement-1"):
        passed(proposal, now())


def test_wrong_facts_are_no_test_of_the_rule(clerk: Actor) -> None:
    """The officer reads a record that was corrected: by it, the same rules do not approve."""
    made = settled("graduate", answers=graduate_answers())
    actions.reopen(number=made.number, reason="学历有误", by=citizen(person("graduate")), now=now())
    row = Evidence.objects.get(application=made, registry="education")
    actions.take(number=made.number, by=clerk, now=now())
    with pytest.MonkeyPatch.context() as patch:
        real = evidence.files

        def corrected(cases):
            found = real(cases)
            for one in found:
                for piece in one.evidence:
                    if piece.pk == row.pk:
                        piece.facts = piece.facts.replace('"full_time":true', '"full_time":false')
            return found

        patch.setattr(evidence, "files", corrected)
        actions.refuse(number=made.number, reason=WHY, by=clerk, now=now())
    found = Regression.objects.get()
    assert (found.cause, found.state, found.settled_by) == ("facts", "declined", None)
    assert found.changed == ["full_time"]


def test_what_no_machine_approved_or_nobody_overturned_proposes_nothing(
    clerk: Actor, colleague: Actor, case
) -> None:
    actions.refuse(number=case.number, reason=WHY, by=clerk, now=now())  # of its hands
    made = settled("graduate", answers=graduate_answers())
    actions.reopen(number=made.number, reason="请再看", by=citizen(person("graduate")), now=now())
    actions.take(number=made.number, by=clerk, now=now())
    actions.approve(number=made.number, reason="核对无误", by=clerk, now=now())
    assert not Regression.objects.exists()
    # approved by an officer now: a refusal after that overturns no machine
    actions.reopen(number=made.number, reason="我部门发现有误", by=clerk, now=now())
    actions.take(number=made.number, by=colleague, now=now())
    actions.refuse(number=made.number, reason=WHY, by=colleague, now=now())
    assert not Regression.objects.exists()


def test_who_settles_and_who_does_not(clerk: Actor) -> None:
    overturned(clerk)
    row, one = Regression.objects.get(), legal()
    policy = officer(officers.make("policy-a", "policy"))
    for by in (clerk, policy, Actor(one.kind, "nobody")):
        assert code(accepted, row, by) == "not_permitted"
    assert code(accepted, row, one, law=" ") == "law_missing"
    assert code(accepted, row, one, reason="") == "reason_required"
    assert code(accepted, row, one, expected="approve") == "expected"
    accepted(row, one)
    assert code(accepted, row, one) == "settled"
    assert code(decline, regression=row.pk, reason="x", by=one, now=now()) == "settled"


def test_a_legal_officer_who_acted_on_the_case_does_not_settle_it(
    clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted = legal("legal-b")  # as if they had agreed to the refusal
    monkeypatch.setattr(overturned_cases, "_acted", lambda case: [acted.code])
    overturned(clerk)
    row = Regression.objects.get()
    assert row.involved == sorted([acted.code, clerk.code])
    assert code(accepted, row, acted) == "acted_on_it"
    user = User.objects.get(username=acted.code)
    with pytest.raises(IntegrityError, match="does not settle it"), transaction.atomic():
        Regression.objects.filter(pk=row.pk).update(
            state="accepted", law=LAW, reason=REASON, settled_by=user, settled_at=now()
        )
    accepted(row, legal())


def test_two_persons_retire_a_case_and_it_counts_until_then(clerk: Actor) -> None:
    overturned(clerk)
    row, one, two = Regression.objects.get(), legal(), legal("legal-b")
    asked = {"regression": row.pk, "reason": "该办法已修订，不再限制委托培养", "now": now()}
    assert code(ask_retirement, **asked, by=one) == "not_accepted"
    accepted(row, one)
    assert code(retire, regression=row.pk, by=one, now=now()) == "retirement_not_asked"
    ask_retirement(**asked, by=one)
    assert code(ask_retirement, **asked, by=two) == "retirement_asked"
    assert faults(read(repeating()))
    assert code(retire, regression=row.pk, by=one, now=now()) == "same_officer"
    keep(regression=row.pk, reason="修订尚未施行", by=two, now=now())
    ask_retirement(**asked, by=officer(officers.make("policy-a", "policy")))
    retire(regression=row.pk, by=two, now=now())
    assert not faults(read(repeating()))
    kinds = Event.objects.filter(
        subject="service:graduate_settlement", kind__startswith="regression"
    )
    assert [event.kind.removeprefix("regression_") for event in kinds.order_by("seq")] == [
        "proposed", "accepted", "retirement_asked", "kept", "retirement_asked", "retired",
    ]  # fmt: skip
    assert not audited()


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {}},
        {"words": "x"},
        {"involved": []},
        {"state": "accepted", "law": "x", "reason": "x"},  # by nobody
        {"state": "retired"},
        {"state": "accepted", "law": "x", "reason": "x", "settled_by": "clerk"},
        {"state": "accepted", "law": "", "reason": "x", "settled_by": "legal"},
    ],
)
def test_postgresql_refuses_what_no_action_does(clerk: Actor, change: dict) -> None:
    overturned(clerk)
    row = Regression.objects.get()
    who = {"clerk": clerk.code, "legal": legal().code}
    if "settled_by" in change:
        user = User.objects.get(username=who[change["settled_by"]])
        change = {**change, "settled_by": user, "settled_at": now()}
    with pytest.raises(DatabaseError), transaction.atomic():
        Regression.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Regression.objects.filter(pk=row.pk).delete()


def test_a_case_that_an_edition_cannot_judge_is_reported_not_passed(clerk: Actor) -> None:
    overturned(clerk)
    accepted(Regression.objects.get(), legal())
    source = repeating().replace(
        "  alive: {from: population.alive,", "  months: {from: education.months, type: number,"
        " min: 0, max: 99, zh: 月数, en: months}\n  alive: {from: population.alive,", 1
    ).replace(
        "- id: capacity\n", "- {id: months, must: months > 3, zh: 月数, en: Months, law: 办法}\n"
        "- id: capacity\n", 1
    )  # fmt: skip
    found = read(source)
    assert not faults(found)
    (remark,) = remarks(found)
    assert "graduate_settlement-1" in remark.en and "months" in remark.en


def test_a_case_that_cannot_be_masked_is_told_and_not_kept(
    clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(book: object, stored: object) -> None:
        raise masking.NotMasked(["recent", ":outcome"])

    monkeypatch.setattr(masking, "masked", refused)
    case = overturned(clerk, f"{WHY}，{person('graduate').name}")
    row = Regression.objects.get()
    assert (row.cause, row.state, row.conditions) == ("not_masked", "declined", ["recent"])
    assert set(row.facts) == {"as_of"} and case.applicant_name not in row.words
