"""Approving although a condition is not met: two officers, by the database; and their reason."""

import datetime as dt
from uuid import UUID

import orjson
import pytest
from django.db import IntegrityError, connection, transaction

from approvals import actions, queries
from approvals.actions import officer as officers
from approvals.models import Application, ApprovalProposal, Decision
from approvals.records import replay
from approvals.states import Outcome
from certificates.models import Certificate
from ledger.clock import now
from ledger.models import Event
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import audited, citizen, person, settled
from tests.factories import UserFactory

WHY = "征信机构已书面更正该失信记录，原件核对无误，予以认可"


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    """A graduate with a credit hit, in the hands of ``clerk``: a condition is unmet."""
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return Application.objects.get(id=made.id)


@pytest.fixture
def proposal(case: Application, clerk: Actor) -> UUID:
    return actions.propose_approval(number=case.number, reason=WHY, by=clerk, now=now()).pk


def rejected(action: object, **arguments: object) -> str:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)  # type: ignore[operator]
    return caught.value.code


def test_one_officer_alone_cannot_approve_against_the_verdict(
    case: Application, clerk: Actor
) -> None:
    code = rejected(actions.approve, number=case.number, reason=WHY, by=clerk)
    assert code == "second_officer_required"
    assert Application.objects.get(id=case.id).state == "review"


def test_two_officers_approve_and_both_are_named(
    case: Application, clerk: Actor, colleague: Actor, proposal: UUID
) -> None:
    actions.confirm_approval(proposal=proposal, by=colleague, now=now())
    assert Application.objects.get(id=case.id).state == "approved"
    assert Certificate.objects.get(application=case.number).state == "valid"
    decision = queries.latest_decision(case)
    assert decision is not None
    said = orjson.loads(bytes(decision.receipt))
    assert said["by"] == "officer:clerk-b"
    assert said["officer"] == {"name": colleague.name, "office": "hrss"}
    assert said["proposed_by"] == {"by": "officer:clerk-a", "name": clerk.name, "office": "hrss"}
    assert said["reasons"] == [WHY]
    kinds = Event.objects.filter(subject=case.subject).order_by("seq").values_list("kind", "by")
    assert list(kinds)[-2:] == [
        ("approval_proposed", "officer:clerk-a"),
        ("approved", "officer:clerk-b"),
    ]
    assert replay.fault(decision) == ""
    assert audited() == []


def test_nobody_confirms_their_own(case: Application, clerk: Actor, proposal: UUID) -> None:
    assert rejected(actions.confirm_approval, proposal=proposal, by=clerk) == "same_officer"
    assert rejected(actions.approve, number=case.number, reason=WHY, by=clerk) != ""


def test_nor_an_officer_of_elsewhere_or_of_another_role(
    proposal: UUID, stranger: Actor, furnished: None
) -> None:
    district = officer(
        UserFactory(clerk=True, username="z", office__code="hrss", region_id="440304")
    )
    supervisor = officer(
        UserFactory(username="s", role="supervisor", is_staff=True, office_id="hrss")
    )
    for by in (stranger, district, supervisor):
        assert rejected(actions.confirm_approval, proposal=proposal, by=by) == "not_found"


def test_a_stale_page_confirms_nothing(
    case: Application, clerk: Actor, colleague: Actor, proposal: UUID
) -> None:
    arguments = {"proposal": proposal, "by": colleague}
    assert rejected(actions.confirm_approval, **arguments, version=case.events) == "stale"
    actions.release(number=case.number, by=clerk, now=now())
    assert rejected(actions.confirm_approval, **arguments) == "stale"
    actions.take(number=case.number, by=clerk, now=now())
    assert rejected(actions.confirm_approval, **arguments) == "stale"


def test_the_second_sends_back_and_the_first_goes_on(
    case: Application, clerk: Actor, colleague: Actor, proposal: UUID
) -> None:
    code = rejected(actions.send_back_approval, proposal=proposal, reason=" ", by=colleague)
    assert code == "reason_required"
    actions.send_back_approval(proposal=proposal, reason="请附更正函", by=colleague, now=now())
    assert rejected(actions.confirm_approval, proposal=proposal, by=colleague) == "stale"
    again = actions.propose_approval(number=case.number, reason=WHY, by=clerk, now=now())
    actions.confirm_approval(proposal=again.pk, by=colleague, now=now())
    assert Application.objects.get(id=case.id).state == "approved"


@pytest.mark.parametrize(
    "reason",
    ["", "x", "同意", "同意" * 20, "。" * 40, "x" * 200, "1234567890" * 3, "情况属实" * 6],
)
def test_a_reason_says_something(case: Application, clerk: Actor, reason: str) -> None:
    code = rejected(actions.propose_approval, number=case.number, reason=reason, by=clerk)
    assert code in ("reason_required", "reason_too_short")


def test_what_the_page_fills_in_is_no_reason(case: Application, clerk: Actor) -> None:
    from approvals.admin.casefile import casefile

    me = User.objects.get(username="clerk-a")
    page = casefile(case, officer=me, now=now(), move="propose_approval")
    assert page.may.keys() >= {"propose_approval", "refuse"} and "approve" not in page.may
    assert page.chosen is not None and len(page.chosen.draft) > 10
    arguments = {"number": case.number, "by": clerk}
    assert rejected(actions.propose_approval, **arguments, reason=page.chosen.draft) == (
        "reason_too_short"
    )
    whole = f"{page.chosen.draft}\n{WHY}"
    assert actions.propose_approval(**arguments, reason=whole, now=now())


def test_where_no_condition_is_unmet_one_officer_is_enough(
    furnished: None, clerk: Actor, colleague: Actor
) -> None:
    case = settled("graduate", by_person=True)
    actions.take(number=case.number, by=clerk, now=now())
    code = rejected(actions.propose_approval, number=case.number, reason=WHY, by=clerk)
    assert code == "no_second_officer_needed"
    actions.approve(number=case.number, reason="材料齐全", by=clerk, now=now())


def test_the_citizen_sees_an_officer_and_no_deliberation(case: Application, proposal: UUID) -> None:
    from portal.results import result

    page = result(Application.objects.get(id=case.id), now=now())
    assert page.state == "review"
    assert all("二" not in e["word"] and "proposed" not in e["word"] for e in page.events)
    assert len(page.events) == len(queries.timeline(case)) - 1


# --- past Django


def write(case: Application, by: Actor, **more: object) -> None:
    """Write an approval by the row alone, as somebody would who leaves out the actions."""
    made = officers.judged(
        Application.objects.get(id=case.id), Outcome.APPROVE, by, now(), WHY
    ).decision
    for name, value in more.items():
        setattr(made, name, value)
    with transaction.atomic():
        made.save(force_insert=True)


def pk(by: Actor) -> int:
    return User.objects.get(username=by.code).pk


def test_the_table_itself_wants_the_second_officer(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    with pytest.raises(IntegrityError, match="second officer"):
        write(case, clerk)
    with pytest.raises(IntegrityError, match=r"decision_two_officers|second officer"):
        write(case, clerk, proposed_by_id=pk(clerk))
    with pytest.raises(IntegrityError, match="second officer"):
        write(case, colleague, proposed_by_id=pk(clerk))
    proposal = actions.propose_approval(number=case.number, reason=WHY, by=clerk, now=now())
    with pytest.raises(IntegrityError, match="second officer"):
        write(case, colleague, proposed_by_id=pk(clerk))
    for who, promise in ((clerk, "elsewhere|two_officers"), (stranger, "elsewhere")):
        with pytest.raises(IntegrityError, match=promise), transaction.atomic():
            ApprovalProposal.objects.filter(pk=proposal.pk).update(
                settled_by_id=pk(who), settled_at=now(), confirmed=True
            )
    assert not Decision.objects.filter(application=case, live=True).exists()


def test_a_proposal_is_written_once_and_settled_once(
    case: Application, clerk: Actor, colleague: Actor, proposal: UUID
) -> None:
    from django.db import ProgrammingError

    with pytest.raises(ProgrammingError), transaction.atomic():
        ApprovalProposal.objects.filter(pk=proposal).update(reason="别的理由")
    with pytest.raises(ProgrammingError), transaction.atomic():
        ApprovalProposal.objects.filter(pk=proposal).delete()
    actions.send_back_approval(proposal=proposal, reason="请附更正函", by=colleague, now=now())
    with pytest.raises(IntegrityError, match="settled before"), transaction.atomic():
        ApprovalProposal.objects.filter(pk=proposal).update(confirmed=True)
    with pytest.raises(IntegrityError, match="in its officer's hands"), transaction.atomic():
        ApprovalProposal.objects.create(
            application=case, version=case.events, reason=WHY, proposed_by_id=pk(colleague),
            proposed_at=now(),
        )  # fmt: skip


def take_in_sql(case: Application, by: Actor, at: dt.datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_application SET taken_by_id = %s, taken_at = %s WHERE id = %s",
            [pk(by), at, case.id],
        )


@pytest.mark.parametrize("second", [False, True], ids=["alone", "as the second of two"])
def test_who_decided_before_comes_back_by_no_way(
    case: Application, clerk: Actor, colleague: Actor, second: bool
) -> None:
    """Refused alone, or approved by two: neither takes, decides, proposes or confirms again."""
    me = citizen(person("credit_hit"))
    if second:
        made = actions.propose_approval(number=case.number, reason=WHY, by=clerk, now=now())
        actions.confirm_approval(proposal=made.pk, by=colleague, now=now())
    else:
        actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    actions.reopen(number=case.number, reason="请再核实一次", by=me, now=now())
    barred = (clerk, colleague) if second else (clerk,)
    for by in barred:
        assert rejected(actions.take, number=case.number, by=by) == "decided_before"
        with pytest.raises(IntegrityError, match="decided it before"):
            take_in_sql(case, by, now())
        with pytest.raises(IntegrityError, match="decided this case before"):
            write(case, by)
    third = officer(UserFactory(clerk=True, username="clerk-d", office__code="hrss"))
    actions.take(number=case.number, by=third, now=now())
    again = actions.propose_approval(number=case.number, reason=WHY, by=third, now=now())
    for by in barred:
        code = rejected(actions.confirm_approval, proposal=again.pk, by=by)
        assert code == "decided_before"
        with pytest.raises(IntegrityError, match="elsewhere"), transaction.atomic():
            ApprovalProposal.objects.filter(pk=again.pk).update(
                settled_by_id=pk(by), settled_at=now(), confirmed=True
            )


def test_nobody_of_elsewhere_takes_or_decides_in_sql(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    with pytest.raises(IntegrityError, match="elsewhere"):
        take_in_sql(case, stranger, now())
    with pytest.raises(IntegrityError, match="elsewhere"):
        write(case, stranger)
    with pytest.raises(IntegrityError, match="has not taken"):
        write(case, colleague)
