"""From the approval to the payment: begun, changed, ended, overpaid; never twice."""

from __future__ import annotations

import datetime
import hashlib
import threading
from decimal import Decimal

import orjson
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from approvals.models import Application, Decision, GuardKey
from approvals.records import replay
from approvals.workers import changes
from entitlements import actions, audit, queries
from entitlements.actions import paying
from entitlements.models import Entitlement, Instalment, Overpayment, PaymentList
from ledger.clock import city_date, now
from people.actors import CLOCK
from people.errors import ActionRejected
from tests.approvals.cases import audited, decide, submit
from tests.entitlements import cases
from tests.entitlements.cases import (
    ALLOWANCE,
    OLD,
    dies,
    fresh,
    granted,
    kinds,
    month,
    paid,
    rows,
    tell,
)

DAY = datetime.timedelta(1)


def test_an_approval_begins_it_and_the_receipt_says_how_much_from_when(furnished: None) -> None:
    row = granted()
    case = Application.objects.get(number=row.application)
    decision = Decision.objects.get(application=case)
    said = orjson.loads(bytes(decision.receipt))["entitlements"]
    today = city_date(now())
    first = today if today.day == 1 else (today.replace(day=1) + 32 * DAY).replace(day=1)
    assert said == [
        {
            "kind": ALLOWANCE,
            "period": "month",
            "amount": "200.00",  # the persona is 87
            "first_period": first.isoformat(),
        }
    ]
    assert replay.fault(decision) == ""
    assert (row.state, row.amount, row.first_period) == ("active", Decimal(200), first)
    assert kinds(row) == ["granted"] and audited() == []


def test_a_month_is_paid_once_however_often_it_is_run(furnished: None) -> None:
    row = granted()
    first = paid(month(row))
    assert first.payments is not None and first.unreviewed == 0
    assert (first.instalments, first.payments.entries, first.payments.total) == (1, 1, 200)
    again = paid(month(row))
    assert (again.instalments, again.payments) == (0, None)
    assert rows(row) == [(month(row), "due", Decimal(200), True)]
    second = paid(month(row, 1))
    assert second.payments is not None and second.payments.number == 2
    assert [period for period, *_ in rows(row)] == [month(row), month(row, 1)]
    assert audited() == []


def test_nothing_is_paid_before_it_was_judged_for_the_period(furnished: None) -> None:
    row = granted()
    found = actions.pay(service=ALLOWANCE, period=month(row), by=CLOCK, now=now())
    assert (found.instalments, found.payments, found.unreviewed) == (0, None, 1)


def test_a_run_that_broke_off_between_review_and_payment_is_made_up_for(furnished: None) -> None:
    row = granted()
    for n in range(2):
        actions.review(service=ALLOWANCE, period=month(row, n), by=CLOCK, now=now())
        assert queries.periods_due(ALLOWANCE, month(row, n)) == [month(row, n)]
        call_command("entitlements", "run", "--on", month(row, n).isoformat())
        assert queries.periods_due(ALLOWANCE, month(row, n)) == []
    assert rows(row) == [(month(row, n), "due", Decimal(200), True) for n in range(2)]


def test_what_goes_on_within_a_month_is_not_paid_for_that_month(furnished: None) -> None:
    """Whenever the month is run again, as for somebody who came later."""
    row = granted()
    tell("assistance", row.holder, account=False)
    paid(month(row))
    tell("assistance", row.holder, account=True)
    changed = [("assistance", row.holder)]
    actions.review_changed(changed, on=city_date(now()), by=CLOCK, now=now())
    assert fresh(row).state == "active"
    assert queries.periods_due(ALLOWANCE, month(row)) == []
    assert paid(month(row)).instalments == 0 and rows(row) == []
    paid(month(row, 1))
    assert rows(row) == [(month(row, 1), "due", Decimal(200), True)]
    assert audited() == []


def test_a_list_is_signed_over_lines_that_the_rows_give_again(furnished: None) -> None:
    row, person = granted(), cases.CITY.person(39)
    payments = paid(month(row)).payments
    assert payments is not None
    text = paying.text_of(payments)
    assert text.splitlines() == [
        "application,entitlement,number,name,period,yuan",
        f"{row.application},{row.id},{person.number},{person.name},{month(row)},200.00",
    ]
    assert hashlib.sha256(text.encode()).hexdigest() == payments.sha256
    assert list(audit.faults()) == []
    assert person.number not in str(orjson.dumps(paying.statement(payments)))


def test_the_amount_follows_the_age_without_an_application(furnished: None) -> None:
    row = granted()
    paid(month(row))
    on = month(row, 1)
    tell("population", row.holder, born=on.replace(year=on.year - 90).isoformat())
    paid(on)
    assert [(a, p) for _d, _s, a, p in rows(row)] == [(Decimal(200), True), (Decimal(300), True)]
    assert kinds(row) == ["granted", "amount_changed"]
    assert list(audit.faults()) == []


def test_a_day_before_the_birthday_the_amount_is_as_it_was(furnished: None) -> None:
    row = granted()
    on = month(row, 1)
    tell("population", row.holder, born=(on.replace(year=on.year - 90) + DAY).isoformat())
    paid(on)
    assert rows(row) == [(on, "due", Decimal(200), True)]


def test_the_month_of_death_is_the_last(furnished: None) -> None:
    row = granted()
    paid(month(row))
    dies(row, month(row) + 14 * DAY)
    at = now() + 99 * DAY
    actions.review(service=ALLOWANCE, period=month(row, 1), by=CLOCK, now=at)
    found = actions.pay(service=ALLOWANCE, period=month(row, 1), by=CLOCK, now=at)
    assert (found.instalments, found.payments) == (0, None)
    row = fresh(row)
    assert (row.state, row.ended_on, row.why) == ("ended", month(row) + 14 * DAY, ["death"])
    assert not Overpayment.objects.exists()
    assert kinds(row) == ["granted", "ended"] and audited() == []


def test_what_was_paid_after_the_death_is_stated_and_said(furnished: None) -> None:
    row = granted()
    for n in range(4):
        paid(month(row, n))
    dies(row, month(row, 1))  # on the first day of the second month: that month is still due
    actions.review(service=ALLOWANCE, period=month(row, 4), by=CLOCK, now=now() + 200 * DAY)
    row, claim = fresh(row), Overpayment.objects.get()
    assert (row.state, row.ended_on) == ("ended", month(row, 1))
    assert claim.first_days == [month(row, 2).isoformat(), month(row, 3).isoformat()]
    assert claim.amount == Decimal(400) and claim.state == "stated"
    assert kinds(row)[-2:] == ["ended", "overpaid"] and audited() == []


def test_a_death_on_the_eve_of_a_month_leaves_that_month_unpaid(furnished: None) -> None:
    row = granted()
    for n in range(2):
        paid(month(row, n))
    dies(row, month(row, 1) - DAY)
    actions.review(service=ALLOWANCE, period=month(row, 2), by=CLOCK, now=now() + 200 * DAY)
    assert Overpayment.objects.get().first_days == [month(row, 1).isoformat()]


def test_a_month_that_is_run_late_is_paid_to_whoever_died_in_it(furnished: None) -> None:
    row = granted()
    dies(row, month(row) + 9 * DAY)
    at = now() + 200 * DAY
    actions.review(service=ALLOWANCE, period=month(row), by=CLOCK, now=at)
    actions.pay(service=ALLOWANCE, period=month(row), by=CLOCK, now=at)
    assert rows(row) == [(month(row), "due", Decimal(200), True)]
    assert fresh(row).state == "ended" and audited() == []


def test_a_death_in_the_store_ends_it_at_once_and_frees_the_guard(
    furnished_committed: None,
) -> None:
    row = granted()
    case = Application.objects.get(number=row.application)
    assert GuardKey.objects.get(application=case).held
    dies(row, city_date(now()))
    while changes.run(now=now()):
        pass
    row = fresh(row)
    assert (row.state, row.ended_on) == ("ended", city_date(now()))
    assert not GuardKey.objects.get(application=case).held
    case = Application.objects.get(pk=case.pk)
    assert case.state == "approved"  # it was right when it was decided
    assert audited() == []


def test_who_moves_away_is_paid_no_more(furnished: None) -> None:
    row = granted()
    tell("population", row.holder, hukou_city="4401", hukou_region="440104")
    paid(month(row))
    assert rows(row) == [] and fresh(row).why == ["moved"]


def test_a_closed_account_suspends_and_another_one_resumes_without_arrears(furnished: None) -> None:
    row = granted()
    tell("assistance", row.holder, account=False)
    paid(month(row))
    assert (fresh(row).state, rows(row)) == ("suspended", [])
    tell("assistance", row.holder, account=True)
    paid(month(row, 1))
    assert rows(row) == [(month(row, 1), "due", Decimal(200), True)]
    assert kinds(row) == ["granted", "suspended", "resumed"]


def test_a_contradiction_is_held_and_what_was_held_is_paid_when_it_is_cleared_up(
    furnished: None,
) -> None:
    row = granted()
    tell("death", row.holder, date=month(row).isoformat(), source="funeral")
    paid(month(row))
    assert (fresh(row).state, fresh(row).why) == ("held", ["death_conflict"])
    assert rows(row) == [(month(row), "held", None, False)]
    from exchange.models import Record

    Record.objects.filter(subject=row.holder, registry="death").delete()
    found = paid(month(row, 1))
    assert found.payments is not None and found.payments.entries == 2
    assert [(s, a) for _p, s, a, _l in rows(row)] == [("due", Decimal(200))] * 2
    assert audited() == []


def test_a_contradiction_that_turns_out_to_be_a_death_pays_nothing_held_after_it(
    furnished: None,
) -> None:
    row = granted()
    for n in range(2):
        tell("death", row.holder, date=month(row).isoformat(), source="funeral")
        paid(month(row, n))
    tell("population", row.holder, alive=False)
    actions.review(service=ALLOWANCE, period=month(row, 2), by=CLOCK, now=now() + 99 * DAY)
    actions.pay(service=ALLOWANCE, period=month(row, 2), by=CLOCK, now=now() + 99 * DAY)
    assert [(s, p) for _d, s, _a, p in rows(row)] == [("due", True), ("cancelled", False)]
    assert not Overpayment.objects.exists() and audited() == []


def test_a_silent_registry_holds_and_neither_pays_nor_stops(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exchange.queries import Answer

    row, real = granted(), actions.reviewing.query_registries

    def silent(queries, **more):
        return [
            Answer(q.registry, q.subject, "failed", reason="timeout")
            if q.registry == "death"
            else answer
            for q, answer in zip(queries, real(queries, **more), strict=True)
        ]

    monkeypatch.setattr("entitlements.actions.reviewing.query_registries", silent)
    paid(month(row))
    assert fresh(row).state == "held" and rows(row) == [(month(row), "held", None, False)]
    monkeypatch.undo()
    found = paid(month(row, 1))  # it answers again: both are paid, by the machine
    assert found.payments is not None and found.payments.entries == 2
    assert fresh(row).state == "active"


def test_two_runs_at_once_pay_once(furnished_committed: None) -> None:
    """Two workers, over two connections of PostgreSQL, again and again at the same moment."""
    people = cases.old_people()[:6]
    made = [cases.granted_to(person) for person in people]
    period = month(made[0])
    barrier, errors = threading.Barrier(2), []

    def run() -> None:
        try:
            barrier.wait()
            paid(period)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(e).__name__ for e in errors if type(e).__name__ != "Conflict"] == []
    paid(period)  # whatever one of them left to the other
    assert Instalment.objects.filter(period=period).count() == len(people)
    assert sum(p.entries for p in PaymentList.objects.all()) == len(people)
    assert audited() == []


def test_nobody_is_granted_it_twice(furnished: None) -> None:
    granted()
    with pytest.raises(ActionRejected) as caught:
        submit(OLD, ALLOWANCE, answers={"consent": True})
    assert Application.objects.get().number in caught.value.zh


def test_faults_of_people_go_to_an_officer_and_begin_nothing(furnished: None) -> None:
    case = decide(submit("elder", ALLOWANCE, answers={"consent": True}))[0]  # 67 years old
    assert case.state == "review" and not Entitlement.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entitlements_instalment SET amount = 999",
        "UPDATE entitlements_instalment SET payment_id = NULL",
        "UPDATE entitlements_instalment SET state = 'cancelled', payment_id = NULL",
        "UPDATE entitlements_instalment SET period = period - 31",
        "DELETE FROM entitlements_instalment",
        "UPDATE entitlements_paymentlist SET total = 1",
        "DELETE FROM entitlements_paymentlist",
        "UPDATE entitlements_entitlement SET state = 'held'",
        "UPDATE entitlements_entitlement SET holder_name = '别人'",
        "UPDATE entitlements_entitlement SET first_period = first_period - 31",
        "UPDATE entitlements_entitlement SET ended_on = now()",
        "DELETE FROM entitlements_entitlement",
        "INSERT INTO entitlements_instalment (id, entitlement_id, period, amount, state, basis,"
        " edition, made_at) SELECT gen_random_uuid(), entitlement_id, period, amount, state,"
        " basis, edition, made_at FROM entitlements_instalment",
        "INSERT INTO entitlements_instalment (id, entitlement_id, period, amount, state, basis,"
        " edition, made_at) SELECT gen_random_uuid(), entitlement_id, '2020-01-01', amount, state,"
        " basis, edition, made_at FROM entitlements_instalment",
    ],
)
def test_postgresql_refuses_what_no_action_does(furnished: None, statement: str) -> None:
    row = granted()
    paid(month(row))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
