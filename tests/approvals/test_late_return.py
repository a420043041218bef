"""What is called missing after acceptance stops no clock: the law (§§32, 45) does not say so."""

import datetime as dt

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from approvals import actions
from approvals.actions import clock
from approvals.admin.casefile import casefile
from approvals.admin.escalated import escalated
from approvals.api import shapes
from approvals.models import Application, Document, Escalation
from approvals.progress import standings
from ledger.clock import city_date, now
from people.actors import CLOCK, Actor, Kind
from people.models import User
from portal.results import result
from tests.approvals import counting
from tests.approvals.cases import audited, settled
from tests.approvals.returns import WHY, again, correct, elsewhere, give_back, in_review_again
from tests.factories import UserFactory

DAY = dt.timedelta(days=1)


def after_five(case: Application) -> dt.datetime:
    """Return the first moment at which the application counts as accepted."""
    return settings.CITY.calendar.end_of(counting.last_day(case.received_on, 5, "working"))


def returned_late(case: Application, clerk: Actor, boss: Actor) -> tuple[Application, dt.datetime]:
    """Return the case for the first time, after it counts as accepted, by permission."""
    at = after_five(case) + dt.timedelta(hours=10)
    actions.accept(by=CLOCK, now=at)
    plain = {"number": case.number, "now": at}
    actions.ask_second_return(**plain, reason="还缺学校说明", by=clerk)
    actions.permit_second_return(**plain, reason=WHY, by=boss)
    actions.return_(**plain, reason="请更正住址", by=clerk)
    return again(case), at


def last_day(case: Application) -> dt.date:
    assert case.due_at is not None
    return city_date(case.due_at - dt.timedelta(seconds=1))


def test_a_late_return_does_not_stop_the_clock_and_everybody_is_shown_the_day(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    due = counting.last_day(case.received_on, 20, "working")
    case, at = returned_late(case, clerk, boss)
    assert case.state == "returned" and case.pauses == []
    assert last_day(case) == due
    page = result(case, now=at)
    assert page.due == case.due_at and not page.left
    assert any("办理期限" in notice and "继续计算" in notice for notice in page.notices)
    desk = casefile(case, officer=User.objects.get(username="clerk-b-desk"), now=at)
    assert desk.paused_since is None and desk.days_left == (due - city_date(at)).days
    answer = shapes.application(standings.read([case.pk])[case.pk])
    assert answer["due_at"] is not None
    (document,) = Document.objects.filter(application=case, kind="correction")
    text = "".join(part["text"] for part in document.payload["body"])
    assert "补正期间办理期限继续计算" in text and "不计算在办理期限内" not in text
    assert audited() == []


@pytest.fixture(autouse=True)
def _reader(case: Application) -> None:
    """A colleague who looks at the desk."""
    UserFactory(clerk=True, username="clerk-b-desk", office_id=case.office_id)


def test_what_is_corrected_keeps_its_day(case: Application, clerk: Actor, boss: Actor) -> None:
    case, at = returned_late(case, clerk, boss)
    due = case.due_at
    actions.resubmit(number=case.number, answers=elsewhere(), by=_applicant(case), now=at + 3 * DAY)
    case = again(case)
    assert (case.state, case.pauses, case.due_at) == ("submitted", [], due)


def test_a_first_return_in_time_stops_the_clock_as_before(case: Application, clerk: Actor) -> None:
    case = give_back(case, clerk, ["/address"])
    assert clock.stands_still(case) and case.pauses == [[city_date(now()).isoformat(), None]]
    (document,) = Document.objects.filter(application=case, kind="correction")
    text = "".join(part["text"] for part in document.payload["body"])
    assert "补正所用时间不计算在办理期限内" in text
    assert shapes.application(standings.read([case.pk])[case.pk])["due_at"] is None


def test_a_second_return_does_not_stop_it_again(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    """What was corrected in time is accepted on the day of the correction (§32)."""
    case = in_review_again(case, clerk)
    (first,) = case.pauses
    actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    actions.permit_second_return(number=case.number, reason=WHY, by=boss, now=now())
    due = case.due_at
    case = give_back(case, clerk, [])
    assert case.pauses == [first] and first[1] is not None
    assert clock.runs(case) and case.due_at == due
    case = correct(case, elsewhere())
    assert case.due_at == due and audited() == []


def test_its_last_day_is_shown_to_those_who_watch_over_days(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    case, _ = returned_late(case, clerk, boss)
    assert case.due_at is not None
    head = UserFactory(username="head-a", role="head", office_id="hrss", is_staff=True)
    for moment, seen in ((case.due_at, True), (case.due_at + DAY, False)):
        assert (actions.escalate(by=CLOCK, now=moment) == 1) is seen
    assert Escalation.objects.filter(application=case, stage="over").exists()
    shown = escalated(head, case.due_at + DAY)
    assert [line.number for line in shown] == [case.number]


def test_what_stands_still_is_shown_to_nobody(case: Application, clerk: Actor) -> None:
    case = give_back(case, clerk, ["/address"])
    assert case.due_at is not None
    assert actions.escalate(by=CLOCK, now=case.due_at + DAY) == 0


def test_a_new_calendar_is_followed_though_no_pause_is_open(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    case, at = returned_late(case, clerk, boss)
    Application.objects.filter(pk=case.pk).update(calendar="another")
    assert actions.follow_calendar(by=CLOCK, now=at) == 1
    assert (again(case).due_at, again(case).correct_by) == (case.due_at, case.correct_by)


def test_postgresql_refuses_to_stop_the_clock_of_what_was_accepted(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    other = settled("graduate_23", by_person=True)
    actions.take(number=other.number, by=clerk, now=now())
    in_time = give_back(other, clerk, ["/address"])
    late, _ = returned_late(case, clerk, boss)
    sql = "UPDATE approvals_application SET pauses = %s WHERE id = %s"
    with (
        pytest.raises(IntegrityError, match="accepted before it was returned"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, ['[["2026-01-01", null]]', late.pk])
    with connection.cursor() as cursor:
        cursor.execute(sql, ['[["2026-01-01", null]]', in_time.pk])
        assert cursor.rowcount == 1


def _applicant(case: Application) -> Actor:
    return Actor(Kind.CITIZEN, case.applicant, case.applicant_name)
