"""What officers do with what is paid by period, from the desk and by command."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from entitlements import actions, queries
from entitlements.models import Overpayment
from exchange.models import Record
from ledger.clock import city_date, now
from ledger.models import Event
from people.errors import ActionRejected
from tests.approvals.cases import actions as approvals
from tests.approvals.cases import audited
from tests.entitlements import cases
from tests.entitlements.cases import (
    ALLOWANCE,
    clerk,
    fresh,
    granted,
    kinds,
    month,
    paid,
    rows,
    tell,
)
from tests.factories import UserFactory

DAY = datetime.timedelta(1)


def test_the_command_runs_what_has_begun_and_prints_no_numbers(
    furnished: None, capsys: pytest.CaptureFixture[str]
) -> None:
    row, person = granted(), cases.CITY.person(39)
    call_command("entitlements", "run", "--on", month(row, 2).isoformat())
    call_command("entitlements", "lists")
    said = capsys.readouterr().out
    assert f"{ALLOWANCE} {month(row)}: reviewed=1 instalments=1 payments=1" in said
    assert said.count("payments=1") == 6  # three months, run and listed: none is left out
    assert person.number not in said
    call_command("entitlements", "audit")
    assert "faults=0" in capsys.readouterr().out
    assert queries.periods_due(ALLOWANCE, month(row, 2)) == []


def test_who_takes_a_list_with_numbers_of_people_is_recorded(
    furnished: None, capsys: pytest.CaptureFixture[str]
) -> None:
    row = granted()
    made = paid(month(row)).payments
    assert made is not None
    clerk(row, "li"), UserFactory(clerk=True, office__code="hrss", username="stranger")
    UserFactory(supervisor=True, office__code=row.office_id, username="du")
    with pytest.raises(CommandError, match="放行"):  # not before somebody else has released it
        call_command("entitlements", "export", f"{ALLOWANCE}:1", "--by", "li")
    with pytest.raises(CommandError, match="role"):
        call_command("entitlements", "release", f"{ALLOWANCE}:1", "--by", "li")
    call_command("entitlements", "release", f"{ALLOWANCE}:1", "--by", "du")
    for _ in range(2):
        call_command("entitlements", "export", f"{ALLOWANCE}:1", "--by", "li")
        assert cases.CITY.person(39).number in capsys.readouterr().out
    for who in ("stranger", "very_old", "nobody", "du"):
        with pytest.raises(CommandError):
            call_command("entitlements", "export", f"{ALLOWANCE}:1", "--by", who)
    with pytest.raises(CommandError, match="no payment list"):
        call_command("entitlements", "export", f"{ALLOWANCE}:2", "--by", "li")
    events = Event.objects.filter(subject=f"payment_list:{made.pk}").order_by("seq")
    taken = [("released", "officer:du"), *[("exported", "officer:li")] * 2]
    assert [(e.kind, e.by) for e in events] == taken
    assert made.sha256 in events[1].data and '"total":"200.00"' in events[1].data
    assert audited() == []


def test_what_its_own_facts_suspend_is_not_paid_when_an_officer_resumes_it(
    furnished: None,
) -> None:
    row = granted()
    by = clerk(row)
    actions.hold(key=row.pk, reason="电话核实账户", version=1, by=by, now=now())
    paid(month(row))
    tell("assistance", row.holder, account=False)
    paid(month(row, 1))
    row = fresh(row)
    actions.resume(key=row.pk, reason="已核实", version=row.events, by=by, now=now())
    assert [(s, a) for _p, s, a, _l in rows(row)] == [("due", Decimal(200)), ("cancelled", None)]
    assert audited() == []


@pytest.mark.parametrize("before", ["", "a contradiction", "an officer"])
def test_while_its_case_is_opened_again_nobody_is_paid(furnished: None, before: str) -> None:
    """Whatever held it before: a doubt that goes away does not make up for the decision."""
    row = granted()
    by = clerk(row)
    if before == "a contradiction":
        tell("death", row.holder, date=month(row).isoformat(), source="funeral")
        paid(month(row))
        Record.objects.filter(subject=row.holder, registry="death").delete()
    if before == "an officer":
        actions.hold(key=row.pk, reason="电话核实账户", version=1, by=by, now=now())
    approvals.reopen(number=row.application, reason="户籍记录有误", by=by, now=now())
    row = fresh(row)
    assert (row.state, row.is_pinned, row.why[0]) == ("held", True, "reopened")
    assert paid(month(row, 1)).payments is None
    row = fresh(row)
    assert row.state == "held"
    with pytest.raises(ActionRejected) as caught:
        actions.resume(key=row.pk, reason="已核实", version=row.events, by=by, now=now())
    assert caught.value.code == "reopened" and audited() == []


def test_an_officer_holds_and_resumes_and_what_was_held_is_due(furnished: None) -> None:
    row = granted()
    by = clerk(row)
    row = actions.hold(key=row.pk, reason="电话核实账户", version=row.events, by=by, now=now())
    paid(month(row))
    assert rows(row) == [(month(row), "held", None, False)]
    row = fresh(row)
    assert (row.state, row.is_pinned) == ("held", True)  # no review lifts it
    row = actions.resume(key=row.pk, reason="已核实", version=row.events, by=by, now=now())
    assert (row.state, row.is_pinned) == ("active", False)
    found = paid(month(row))
    assert found.payments is not None and found.payments.entries == 1
    assert audited() == []


def test_an_officer_stops_it_and_a_second_one_decides_what_is_paid_back(furnished: None) -> None:
    row = granted()
    for n in range(2):
        paid(month(row, n))
    first, second = clerk(row, "first"), clerk(row, "second")
    on = city_date(now())
    row = fresh(row)
    row = actions.stop(
        key=row.pk, reason="户籍早已迁出", on=on, version=row.events, by=first, now=now()
    )
    claim = Overpayment.objects.get()
    assert claim.amount == Decimal(400) and (row.state, row.ended_on) == ("ended", on)
    actions.propose(claim=claim.pk, choice="recovered", reason="应退回", by=first, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.decide(claim=claim.pk, agreed=True, by=first, now=now())
    assert caught.value.code == "same_officer"
    actions.decide(claim=claim.pk, agreed=True, by=second, now=now())
    claim.refresh_from_db()
    assert (claim.state, claim.choice) == ("recovered", "recovered")
    assert kinds(row)[-3:] == ["overpaid", "recovery_proposed", "recovery_decided"]
    assert audited() == []


def test_a_stale_page_a_stranger_and_a_day_ahead_move_nothing(furnished: None) -> None:
    row = granted()
    by = clerk(row)
    with pytest.raises(ActionRejected) as caught:
        actions.hold(key=row.pk, reason="核实", version=row.events + 1, by=by, now=now())
    assert caught.value.code == "stale"
    with pytest.raises(ActionRejected) as caught:
        ahead = city_date(now()) + DAY
        actions.stop(key=row.pk, reason="停", on=ahead, version=row.events, by=by, now=now())
    assert caught.value.code == "day"
    from people.actors import officer

    stranger = officer(UserFactory(clerk=True, office__code="hrss"))
    for move in (actions.hold, actions.resume):
        with pytest.raises(ActionRejected) as caught:
            move(key=row.pk, reason="核实", version=row.events, by=stranger, now=now())
        assert caught.value.status == 404
    assert fresh(row).events == 1


def test_officers_act_by_the_command_and_are_told_why_not(
    furnished: None, capsys: pytest.CaptureFixture[str]
) -> None:
    row = granted()
    paid(month(row))
    clerk(row, "li"), clerk(row, "wang")

    def run(*words: str) -> str:
        call_command("entitlements", *words)
        return capsys.readouterr().out

    run("hold", str(row.pk), "--by", "li", "--reason", "电话核实")
    assert f"{row.pk} {ALLOWANCE} {row.application} held" in run("show")
    run("resume", str(row.pk), "--by", "li", "--reason", "已核实")
    run("stop", str(row.pk), "--by", "li", "--reason", "户籍迁出")
    claim = Overpayment.objects.get()
    assert f"{claim.pk}" in run("show")
    run("waive", str(claim.pk), "--by", "li", "--reason", "数额很小")
    for wrong in (("agree", "li"), ("agree", "nobody"), ("recover", "wang")):
        with pytest.raises(CommandError):
            run(wrong[0], str(claim.pk), "--by", wrong[1], "--reason", "原因")
    run("agree", str(claim.pk), "--by", "wang")
    claim.refresh_from_db()
    assert claim.state == "waived" and run("show") == ""
