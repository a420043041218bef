"""Looking at what was granted: as committed, put right, untrue and revoked, barred."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from affairs.models import Message
from approvals import actions, queries
from approvals.actions import inspections
from approvals.models import Application, CreditRecord, Inspection
from approvals.rows.undertakings import Cause
from certificates import actions as certificates
from certificates.models import Certificate, Revocation
from ledger.clock import city_date, now
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import audited, decide, settled, submit, trader_answers
from tests.approvals.signed import (
    clerk,
    colleague,
    committed,
    home,
    lines_of,
    me,
    receipt_of,
)
from tests.factories import UserFactory
from tests.materials.files import in_process

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)


def inspect(case: Application, result: str, by: Actor | None = None, **more: Any) -> Inspection:
    row = Inspection.objects.get(application=case, done_at=None)
    outcome = actions.Inspected(result, "上门查看", more.pop("rectify_by", None))
    return actions.inspect(key=row.pk, outcome=outcome, by=by or clerk(), now=more.pop("at", now()))


def test_as_committed_ends_it_and_is_told() -> None:
    case = committed()
    inspect(case, "passed")
    assert Certificate.objects.get(application=case.number).state == "valid"
    assert Message.objects.filter(case=case.number, kind="inspected").exists()
    with pytest.raises(Inspection.DoesNotExist):
        inspect(case, "passed")
    assert audited() == []


def test_what_is_to_be_put_right_is_looked_at_again_on_its_day() -> None:
    case = committed()
    day = city_date(now()) + dt.timedelta(days=10)
    inspect(case, "rectify", rectify_by=day)
    second = Inspection.objects.get(application=case, done_at=None)
    assert (second.cause, second.due_at) == ("rectified", settings.CITY.calendar.end_of(day))
    inspect(case, "passed")
    assert audited() == []


@pytest.mark.parametrize("days", [None, 0, 91])
def test_a_day_to_put_it_right_is_from_tomorrow_to_ninety_days(days: int | None) -> None:
    case = committed()
    day = None if days is None else city_date(now()) + dt.timedelta(days=days)
    with pytest.raises(ActionRejected) as caught:
        inspect(case, "rectify", rectify_by=day)
    assert caught.value.field == "/rectify_by"


def test_untrue_is_revoked_by_two_after_the_holder_was_heard_and_bars_its_signer() -> None:
    case = committed()
    inspect(case, "untrue")
    paper_ = Certificate.objects.get(application=case.number)
    assert paper_.state == "valid"
    proposal = Revocation.objects.get(certificate=paper_)
    assert proposal.ground == "deception" and proposal.reason == "上门查看"
    second = colleague()
    with pytest.raises(ActionRejected) as caught:
        certificates.confirm(revocation=proposal.pk, by=second, now=now())
    assert caught.value.code == "not_heard"
    assert actions.enter_credit(by=CLOCK, now=now()) == 0
    certificates.state_view(
        public_id=paper_.public_id, statement="同意书在家中", by=me(), now=now()
    )
    certificates.confirm(revocation=proposal.pk, by=second, now=now())
    assert Certificate.objects.get(pk=paper_.pk).state == "revoked"
    assert actions.enter_credit(by=CLOCK, now=now()) == 1
    assert actions.enter_credit(by=CLOCK, now=now()) == 0
    record = CreditRecord.objects.get()
    today = city_date(now())
    assert record.until.replace(year=today.year) in (today, today - dt.timedelta(days=1))
    assert record.until.year == today.year + 3
    assert Message.objects.filter(case=case.number, kind="credit_recorded").exists()
    with pytest.raises(ActionRejected) as caught:
        submit("trader", "sole_trader", answers=home(owners_committed=True))
    assert caught.value.code == "commitment_barred" and str(record.until) in caught.value.zh
    assert audited() == []


def test_without_a_word_of_the_holder_it_waits_for_five_working_days() -> None:
    case = committed()
    inspect(case, "untrue")
    proposal = Revocation.objects.get()
    until = settings.CITY.calendar.deadline(city_date(now()), 5, "working").at
    assert proposal.heard_until == until
    second = colleague()
    with pytest.raises(DatabaseError), transaction.atomic():
        _revoke_by_hand(proposal, User.objects.get(username="clerk-other"))
    certificates.confirm(revocation=proposal.pk, by=second, now=until)
    assert Certificate.objects.get(application=case.number).state == "revoked"


def _revoke_by_hand(proposal: Revocation, second: User) -> None:
    Revocation.objects.filter(pk=proposal.pk).update(confirmed_by=second, confirmed_at=now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE certificates_certificate SET state = 'revoked', events = events + 1,"
            " head = decode(md5('x'), 'hex') WHERE id = %s",
            [proposal.certificate_id],
        )


def test_whoever_is_barred_meanwhile_is_not_granted_on_it() -> None:
    """A commitment of today, and an earlier one found untrue before the machine comes to it."""
    first = committed()
    inspect(first, "untrue")
    until = Revocation.objects.get().heard_until
    assert until is not None
    certificates.confirm(revocation=Revocation.objects.get().pk, by=colleague(), now=until)
    second = submit(
        "trader", "sole_trader", answers=home(owners_committed=True, trade_name="听雨轩")
    )
    actions.enter_credit(by=CLOCK, now=now())
    second = decide(second)[0]
    assert second.state == "review"
    assert lines_of(receipt_of(second))["premises_use"]["result"] == "unmet"
    assert receipt_of(second)["facts"]["undertakings"] == {"owners_committed": "barred"}
    assert audited() == []


def test_whoever_decided_the_case_does_not_inspect_it() -> None:
    case = committed(by_person=True)
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    actions.approve(number=case.number, reason="承诺成立", by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        inspect(case, "passed", by)
    assert caught.value.code == "decided_before"
    with pytest.raises(DatabaseError), transaction.atomic():
        Inspection.objects.update(
            result="passed", reason="x", done_at=now(), done_by=User.objects.get(username=by.code)
        )
    inspect(case, "passed", colleague())
    assert audited() == []


@pytest.mark.parametrize("name", ["clerk-hrss", "supervisor-market"])
def test_no_other_office_and_no_supervisor_inspects(name: str) -> None:
    case = committed()
    user = User.objects.filter(username=name).first()
    if user is None:
        role = {"clerk": True} if name.startswith("clerk") else {"supervisor": True}
        office = name.partition("-")[2]
        user = UserFactory(username=name, office__code=office, **role)
    with pytest.raises(ActionRejected) as caught:
        inspect(case, "passed", officer(user))
    assert caught.value.status == 404


def test_what_is_late_is_shown_once() -> None:
    committed()
    due = Inspection.objects.get().due_at
    assert actions.escalate_inspections(by=CLOCK, now=due - dt.timedelta(seconds=1)) == 0
    assert actions.escalate_inspections(by=CLOCK, now=due) == 1
    assert actions.escalate_inspections(by=CLOCK, now=due) == 0
    assert audited() == []


def test_what_ended_without_a_second_officer_is_no_credit_record() -> None:
    """The second officer says no to the revocation; later the holder gives the licence up."""
    case = committed()
    inspect(case, "untrue")
    paper_ = Certificate.objects.get(application=case.number)
    certificates.drop(revocation=Revocation.objects.get().pk, by=colleague(), now=now())
    certificates.cancel(public_id=paper_.public_id, reason="不再经营", by=me(), now=now())
    assert actions.enter_credit(by=CLOCK, now=now()) == 0
    record = CreditRecord(person=case.applicant, at=now(), until=city_date(now()))
    record.inspection = Inspection.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        record.save(force_insert=True)
    assert audited() == []


@pytest.mark.parametrize("cause", ["drawn", "lapse", "rectified"])
def test_of_what_was_granted_on_no_commitment_the_public_is_told_of_none(cause: str) -> None:
    case = settled("trader", "sole_trader", answers=trader_answers())
    assert case.state == "approved"
    inspections.opened(case, Cause(cause), now()).save(force_insert=True)
    assert queries.inspected(case.number) is None
