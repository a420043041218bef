"""受理: what is missing is called so once, within five working days, or it counts as accepted."""

import datetime as dt
import random

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, transaction

from approvals import actions, queries, words
from approvals.actions import clock
from approvals.actions import officer as officers
from approvals.admin.casefile import casefile
from approvals.models import Acceptance, Application
from approvals.states import Outcome, State
from approvals.terms import acceptance, accepted_when_received
from approvals.workers import reconciler
from ledger.clock import city_date, now
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from tests.approvals import counting
from tests.approvals.cases import audited, settled
from tests.factories import UserFactory

DATE = dt.date.fromisoformat
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("received", "by"),
    [  # the computed vectors of the domain's notes: 国庆 2025, 春节 2025 and 2026
        ("2025-09-26", "2025-10-10"),
        ("2025-01-24", "2025-02-07"),
        ("2026-02-13", "2026-02-27"),
    ],
)
def test_five_working_days_from_receipt(received: str, by: str) -> None:
    calendar, day, last = settings.CITY.calendar, DATE(received), DATE(by)
    still = acceptance(calendar, day, None, last)
    assert (still.by, still.on, still.is_deemed) == (last, None, False)
    after = acceptance(calendar, day, None, last + DAY)
    assert (after.on, after.is_deemed) == (day, True)
    in_time = acceptance(calendar, day, (last, None), last + 30 * DAY)
    assert (in_time.on, in_time.is_deemed) == (None, False)
    corrected = acceptance(calendar, day, (last, last + 9 * DAY), last + 30 * DAY)
    assert (corrected.on, corrected.is_deemed) == (last + 9 * DAY, False)
    too_late = acceptance(calendar, day, (last + DAY, last + 9 * DAY), last + 30 * DAY)
    assert (too_late.on, too_late.is_deemed) == (day, True)
    assert accepted_when_received(calendar, last + DAY) >= day
    assert accepted_when_received(calendar, last) < day


def test_a_thousand_days_agree_with_a_counter_of_days() -> None:
    draw, calendar = random.Random(5), settings.CITY.calendar
    for _ in range(1_000):
        received = DATE("2025-01-01") + draw.randrange(1400) * DAY
        last = counting.last_day(received, 5, "working")
        today = received + draw.randrange(20) * DAY
        assert acceptance(calendar, received, None, today).is_deemed is (today > last)
        border = accepted_when_received(calendar, today)
        assert counting.last_day(border, 5, "working") < today
        assert counting.last_day(border + DAY, 5, "working") >= today


@pytest.fixture
def case(furnished: None) -> Application:
    return settled("graduate", by_person=True)


def after_five(case: Application) -> dt.datetime:
    """Return a moment of the day on which the application counts as accepted."""
    last = counting.last_day(case.received_on, 5, "working")
    return settings.CITY.calendar.end_of(last)


def accept(moment: dt.datetime) -> int:
    return actions.accept(by=CLOCK, now=moment)


def test_silence_of_five_days_is_acceptance_and_recorded_once(case: Application) -> None:
    moment = after_five(case)
    assert accept(moment - dt.timedelta(microseconds=1)) == 0
    before = result(case, now=moment - dt.timedelta(microseconds=1)).notices
    assert accept(moment) == 1
    assert accept(moment + 9 * DAY) == 0
    row = Acceptance.objects.get(application=case)
    assert (row.received_on, row.at) == (case.received_on, moment)
    found = clock.acceptance(case, queries.timeline(case), moment)
    assert found is not None and found.is_deemed and found.on == case.received_on
    assert len(before) == len(result(case, now=moment).notices) >= 1
    assert before != result(case, now=moment).notices
    after = Application.objects.get(id=case.id)
    assert (after.version, after.side_events) == (case.version, 1)  # open pages stay good
    (event,) = [e for e in queries.timeline(case) if e.kind == "accepted"]
    assert orjson.loads(event.data)["received_on"] == case.received_on.isoformat()
    assert str(words.event(event)) in [e["word"] for e in result(after, now=moment).events]
    assert audited() == []


def test_what_was_returned_or_decided_in_time_is_not_deemed(
    case: Application, clerk: Actor
) -> None:
    other = settled("graduate_23", by_person=True)
    for one in (case, other):
        actions.take(number=one.number, by=clerk, now=now())
    actions.return_(number=case.number, reason="请补交学位证书", by=clerk, now=now())
    actions.approve(number=other.number, reason="核实无误", by=clerk, now=now())
    assert accept(after_five(case) + 9 * DAY) == 0
    case = Application.objects.get(id=case.id)
    found = clock.acceptance(case, queries.timeline(case), after_five(case))
    assert found is not None and (found.on, found.is_deemed) == (None, False)


def test_what_counts_as_accepted_is_returned_by_a_supervisors_permission_alone(
    case: Application, clerk: Actor
) -> None:
    """What was not called missing in five days is called so for the first time by nobody alone."""
    actions.take(number=case.number, by=clerk, now=now())
    case = Application.objects.get(id=case.id)
    plain = {"number": case.number, "by": clerk, "now": now()}
    accept(after_five(case))
    with pytest.raises(ActionRejected) as caught:
        actions.return_(**plain, reason="请补交学位证书")
    assert caught.value.code == "accepted"
    user = User.objects.get(username="clerk-a")
    may = casefile(case, officer=user, now=now()).may
    assert "return_" not in may and "ask_second_return" in may
    resolution = officers.Resolution(Outcome.RETURN, "请补交学位证书")
    with pytest.raises(IntegrityError, match="late return"), transaction.atomic():
        officers.decide(Application.objects.get(id=case.id), resolution, clerk, now())
    actions.ask_second_return(**plain, reason="学位证书系伪造嫌疑，须核对原件")
    supervisor = officer(
        UserFactory(clerk=True, username="s", office__code="hrss", role="supervisor")
    )
    actions.permit_second_return(
        number=case.number, reason="同意，须核对原件", by=supervisor, now=now()
    )
    actions.return_(**plain, reason="请补交学位证书")
    case = Application.objects.get(id=case.id)
    assert case.state == State.RETURNED
    assert any("同意，须核对原件" in notice for notice in result(case, now=now()).notices)
    assert audited() == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_audit_finds_a_late_first_return_that_nobody_permitted(
    case: Application, clerk: Actor, hours: int
) -> None:
    """What is there when the trigger was off: accepted an hour before the return, no permission."""
    actions.take(number=case.number, by=clerk, now=now())
    actions.return_(number=case.number, reason="请补交学位证书", by=clerk, now=now())
    assert audited() == []
    at = now() + dt.timedelta(hours=hours)
    Acceptance.objects.create(application=case, received_on=case.received_on, at=at)
    found = [line for line in audited() if "late return, without a supervisor" in line]
    assert [case.number in line for line in found] == [True] * (hours < 0)


def test_the_reconciler_does_it_in_turns(furnished: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [settled(f"graduate_{n}", by_person=True) for n in (23, 25)]
    monkeypatch.setattr(reconciler, "BATCH", 1)
    assert reconciler.accept(after_five(cases[0])) is False
    assert Acceptance.objects.count() == 2
    assert reconciler.accept in dict(reconciler.DUTIES)


def test_nobody_but_the_machine_records_it(clerk: Actor) -> None:
    with pytest.raises(ActionRejected):
        actions.accept(by=clerk, now=now())


def test_postgresql_keeps_it_once_and_for_good(case: Application) -> None:
    accept(after_five(case))
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.create(application=case, received_on=city_date(now()), at=now())
    with pytest.raises(ProgrammingError), transaction.atomic():
        Acceptance.objects.update(received_on=city_date(now()) + DAY)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Acceptance.objects.all().delete()
