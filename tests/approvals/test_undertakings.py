"""Signing in place of files: granted on it, taken back; promised, handed in, lapsed."""

import datetime as dt

import orjson
import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from affairs.models import Message
from approvals import actions
from approvals.models import Application, Attachment, CreditRecord, Inspection, Undertaking
from approvals.records import undertakings
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import CLOCK, ENGINE, Actor, Kind
from people.errors import ActionRejected
from services import catalogue
from services.pack.undertakings import Commitment
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    person,
    settled,
    submit,
    trader_answers,
)
from tests.approvals.signed import (
    FILES,
    again,
    clerk,
    committed,
    hand_in,
    home,
    kinds,
    lines_of,
    me,
    paper,
    promised,
    receipt_of,
)
from tests.materials.files import in_process

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)


# a commitment


def test_a_commitment_is_granted_on_named_in_the_receipt_and_inspected() -> None:
    case = committed()
    assert case.state == "approved"
    receipt = receipt_of(case)
    line = lines_of(receipt)["premises_use"]
    assert (line["result"], line["by"]) == ("committed", "owners_committed")
    (row,) = receipt["undertakings"]
    wording: Commitment = catalogue.rulebook(case.edition_id).pack.commitments["owners_committed"]
    assert (row["box"], row["in_place_of"], row["kind"]) == (
        "owners_committed",
        FILES,
        "commitment",
    )
    assert row["sha256"] == wording.sha256
    inspection = Inspection.objects.get(application=case)
    assert (inspection.cause, inspection.result) == ("commitment", "")
    last = settings.CITY.calendar.deadline(city_date(case.settled_at), 60, "working").at
    assert inspection.due_at == last
    assert audited() == []


def test_what_can_be_proved_is_met_and_not_inspected() -> None:
    case = settled("trader", "sole_trader", answers=trader_answers(owners_committed=True))
    assert case.state == "approved"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "met"
    assert not Inspection.objects.exists()


def test_a_commitment_is_signed_by_the_applicant_alone() -> None:
    applicant = person("trader")
    with pytest.raises(ActionRejected) as caught:
        submit(
            "trader",
            "sole_trader",
            answers=home(owners_committed=True),
            channel="api",
            by=Actor(Kind.AGENCY, "police"),
            applicant=applicant,
        )
    assert (caught.value.code, caught.value.status) == ("sign_yourself", 403)
    assert not Undertaking.objects.exists()


def test_nobody_signs_both_for_one_paper() -> None:
    with pytest.raises(ActionRejected) as caught:
        submit(
            "trader",
            "sole_trader",
            answers=home(owners_committed=True, owners_consent_later=True),
        )
    assert caught.value.code == "signed_twice"


def test_a_commitment_is_taken_back_before_the_decision() -> None:
    case = committed(by_person=True)
    assert case.state == "review"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "committed"
    actions.withdraw_commitment(number=case.number, box="owners_committed", by=me(), now=now())
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="可以", by=by, now=now())
    assert caught.value.code == "second_officer_required"  # the condition is not met by now
    assert audited() == []


def test_after_the_decision_it_stands() -> None:
    case = committed()
    with pytest.raises(ActionRejected) as caught:
        actions.withdraw_commitment(number=case.number, box="owners_committed", by=me(), now=now())
    assert caught.value.code == "decided"
    with pytest.raises(DatabaseError), transaction.atomic():
        Undertaking.objects.filter(application=case).update(state="withdrawn", ended_at=now())


def test_taken_back_while_the_machine_has_it_it_no_longer_counts() -> None:
    """The machine has claimed the case, with the commitment, and has not decided it yet."""
    case = submit("trader", "sole_trader", answers=home(owners_committed=True))
    claimed = actions.claim(limit=9, again=False, by=ENGINE)
    actions.withdraw_commitment(number=case.number, box="owners_committed", by=me(), now=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    actions.decide(ids=[case.id], by=ENGINE, now=now())
    case = again(case)
    assert case.state == "review"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "unmet"
    assert not Inspection.objects.exists()
    assert audited() == []


def test_only_who_applied_takes_it_back() -> None:
    case = committed(by_person=True)
    for by in (citizen(person("graduate")), clerk()):
        with pytest.raises(ActionRejected) as caught:
            actions.withdraw_commitment(
                number=case.number, box="owners_committed", by=by, now=now()
            )
        assert caught.value.status == 404


# a promise


def test_a_case_waits_for_a_promised_file_and_an_officer_reads_it() -> None:
    case = promised()
    assert case.state == "waiting"
    receipt = receipt_of(case)
    assert receipt["reasons"] == [f"{FILES}:promised"]
    assert lines_of(receipt)["premises_use"]["result"] == "promised"
    row = Undertaking.objects.get(application=case)
    assert (
        row.waits
        and row.due_at == settings.CITY.calendar.deadline(case.received_on, 10, "working").at
    )
    case = again(hand_in(case, paper()))
    assert (
        case.state == "submitted"
        and case.answers[FILES]
        and "owners_consent_later" not in case.answers
    )
    case = decide(case)[0]
    assert case.state == "review"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "unknown"
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    actions.find_in_materials(
        number=case.number, question=FILES, shows="yes", reason="均已签字", by=by, now=now()
    )
    actions.approve(number=case.number, reason="同意", by=by, now=now())
    assert again(case).state == "approved"
    assert Attachment.objects.get(application=case).round == 2
    assert audited() == []


def test_the_clock_stands_still_until_the_file_is_there() -> None:
    case = promised()
    assert case.pauses[-1][1] is None
    later = now() + dt.timedelta(days=5)
    case = again(hand_in(case, paper(), at=later))
    assert case.pauses[-1][1] == city_date(later).isoformat()
    assert case.due_at is not None and case.due_at > later


def test_a_promise_that_lapses_withdraws_the_acceptance() -> None:
    case = promised()
    due = Undertaking.objects.get().due_at
    assert due is not None
    assert actions.lapse(by=CLOCK, now=due - dt.timedelta(seconds=1)) == 0
    assert again(case).state == "waiting"
    with pytest.raises(ActionRejected) as caught:
        hand_in(case, paper(), at=due)
    assert caught.value.code == "too_late"
    assert actions.lapse(by=CLOCK, now=due) == 1
    case = again(case)
    assert case.state == "expired" and case.settled_at == due
    assert Undertaking.objects.get().state == "lapsed"
    assert Message.objects.filter(case=case.number, kind="expired").exists()
    assert actions.lapse(by=CLOCK, now=due) == 0
    assert audited() == []


def test_its_day_is_told_two_working_days_before_and_once() -> None:
    case = promised()
    version = again(case).version
    assert actions.remind_of_promises(by=CLOCK, now=now()) == 0
    due = Undertaking.objects.get().due_at
    assert due is not None
    near = due - dt.timedelta(days=1)
    assert actions.remind_of_promises(by=CLOCK, now=near) == 1
    assert actions.remind_of_promises(by=CLOCK, now=near) == 0
    assert again(case).version == version  # nobody's open page is stale by it
    assert Message.objects.filter(case=case.number, kind="promise_due").count() == 1
    assert audited() == []


def test_no_officer_grants_before_the_file_is_there() -> None:
    case = promised(by_person=True)
    assert case.state == "review"
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="可以", by=by, now=now())
    assert caught.value.code == "promised_file_missing"
    hand_in(case, paper())
    assert again(case).state == "review"
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="可以", by=by, now=now())
    assert caught.value.code == "materials_unread"


def test_a_lapse_while_an_officer_has_it_makes_the_condition_unmet() -> None:
    case = promised(by_person=True)
    due = Undertaking.objects.get().due_at
    assert due is not None
    actions.lapse(by=CLOCK, now=due)
    assert again(case).state == "review"
    assert kinds(case)[-1] == "promise_lapsed"
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="可以", by=by, now=now())
    assert caught.value.code == "second_officer_required"
    assert audited() == []


@pytest.mark.parametrize("digests", [(), ("0" * 64,)])
def test_what_is_no_file_of_theirs_keeps_no_promise(digests: tuple[str, ...]) -> None:
    case = promised()
    with pytest.raises(ActionRejected) as caught:
        hand_in(case, *digests)
    assert caught.value.status == 422
    assert again(case).state == "waiting"


def test_nobody_else_hands_it_in_and_nothing_that_was_not_promised() -> None:
    case = promised()
    with pytest.raises(ActionRejected) as caught:
        actions.hand_in(
            number=case.number,
            question=FILES,
            files=[paper()],
            by=citizen(person("graduate")),
            now=now(),
        )
    assert caught.value.status == 404
    answers = home(owners_committed=True, trade_name="听雨轩")
    other = settled("trader_food", "sole_trader", answers=answers, by_person=True)
    with pytest.raises(ActionRejected) as caught:
        actions.hand_in(
            number=other.number,
            question=FILES,
            files=[paper()],
            by=citizen(person("trader_food")),
            now=now(),
        )
    assert caught.value.status == 404


def test_of_a_case_that_is_over_nobody_is_reminded_and_nothing_lapses() -> None:
    case = promised(by_person=True)
    due = Undertaking.objects.get().due_at
    assert due is not None
    actions.withdraw(number=case.number, by=me(), now=now())
    before = kinds(case)
    assert actions.remind_of_promises(by=CLOCK, now=due - dt.timedelta(days=1)) == 0
    assert actions.lapse(by=CLOCK, now=due) == 0
    assert kinds(case) == before and before[-1] == "withdrawn"


# a correction


def returned(case: Application, *opened: str) -> Application:
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    actions.return_(number=case.number, reason="请更正字号", by=by, now=now(), opened=opened)
    return again(case)


def corrected(case: Application) -> Application:
    answers = {**case.answers, "trade_name": "听雨轩"}
    actions.resubmit(number=case.number, answers=answers, by=me(), now=now())
    answer_checks(again(case))
    return decide(case)[0]


def test_no_correction_signs_again_what_was_taken_back_and_is_not_open() -> None:
    case = committed(by_person=True)
    actions.withdraw_commitment(number=case.number, box="owners_committed", by=me(), now=now())
    case = corrected(returned(case, "/trade_name"))
    assert Undertaking.objects.get().state == "withdrawn"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "unmet"
    assert audited() == []


def test_whose_box_is_open_may_sign_it_once_more() -> None:
    case = committed(by_person=True)
    actions.withdraw_commitment(number=case.number, box="owners_committed", by=me(), now=now())
    case = corrected(returned(case, "/trade_name", "/owners_committed"))
    states = Undertaking.objects.order_by("signed_at").values_list("state", flat=True)
    assert list(states) == ["withdrawn", "signed"]
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "committed"


def test_a_promise_that_has_lapsed_gains_no_days_by_a_correction() -> None:
    case = returned(promised(by_person=True), "/trade_name")
    due = Undertaking.objects.get().due_at
    assert due is not None and actions.lapse(by=CLOCK, now=due) == 1
    case = corrected(again(case))
    assert Undertaking.objects.get().state == "lapsed"
    assert lines_of(receipt_of(case))["premises_use"]["result"] == "unmet"
    assert audited() == []


# PostgreSQL


def test_postgresql_refuses_what_nobody_signed_and_a_record_of_no_untruth() -> None:
    case = committed()
    row = Undertaking.objects.get()
    row.pk, row.box, row.state = None, "owners_consent_later", "signed"
    for made in (row, CreditRecord(person=case.applicant, at=now(), until=city_date(now()))):
        if isinstance(made, CreditRecord):
            made.inspection = Inspection.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            made.save(force_insert=True)


def test_the_audit_compares_what_was_signed_and_inspected_with_the_history() -> None:
    case = committed()
    history = [
        (event, orjson.loads(event.data)) for event in Event.objects.filter(subject=case.subject)
    ]
    (signed,), (looked,) = Undertaking.objects.all(), Inspection.objects.all()
    assert undertakings.fault(history, [signed], [looked]) == ""
    assert undertakings.fault(history, [], [looked])
    assert undertakings.fault(history, [signed], [])
    looked.due_at += dt.timedelta(days=1)
    assert "inspections" in undertakings.fault(history, [signed], [looked])
    signed.sha256 = "0" * 64
    assert "undertakings" in undertakings.fault(history, [signed], [looked])
