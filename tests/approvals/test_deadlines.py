"""Deadlines of real cases: pauses, corrections, agencies that stay silent, and new calendars."""

import dataclasses
import datetime as dt
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from approvals import actions
from approvals.api import shapes
from approvals.models import Application, Consent, Cosignature
from approvals.progress import standings
from approvals.workers import reconciler
from benchmarks.cases import FOOD_SCOPE
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected
from portal.results import result
from tests.approvals import counting
from tests.approvals.cases import (
    audited,
    citizen,
    graduate_answers,
    person,
    settled,
    submit,
    trader_answers,
)

pytestmark = pytest.mark.usefixtures("furnished")
DAY = dt.timedelta(days=1)
INSTANT = dt.timedelta(microseconds=1)
FOOD = Actor(Kind.AGENCY, "food")


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def terms(case: Application) -> list[dict[str, Any]]:
    """Return what each event of a case says of its terms, oldest first."""
    rows = Event.objects.filter(subject=case.subject).order_by("seq")
    found = [orjson.loads(row.data).get("term") for row in rows]
    return [term for term in found if term]


def last_day(at: dt.datetime | None) -> dt.date:
    assert at is not None
    return city_date(at - INSTANT)


@pytest.fixture
def returned() -> Application:
    return settled("graduate", answers=graduate_answers(address="440305-9999999"))


@pytest.fixture
def waiting() -> Application:
    """A restaurant that waits for the food office."""
    return settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))


def resubmit(case: Application, at: dt.datetime) -> Application:
    applicant = citizen(person("graduate"))
    actions.resubmit(number=case.number, answers=graduate_answers(), by=applicant, now=at)
    return again(case)


# -- the citizen corrects ------------------------------------------------------------------------


def test_a_correction_period_ends_at_24_00_of_its_day(returned: Application) -> None:
    """Thirty days from the day after the return; a holiday gives way (民法典 §§201, 203)."""
    assert returned.correct_by is not None
    day = counting.last_day(city_date(now()), 30, "calendar")
    assert last_day(returned.correct_by) == day
    midnight = settings.CITY.calendar.local(returned.correct_by)
    assert (midnight.hour, midnight.minute, midnight.second, midnight.microsecond) == (0, 0, 0, 0)
    assert midnight.date() == day + DAY
    assert actions.expire(by=CLOCK, now=returned.correct_by - INSTANT) == 0
    with transaction.atomic():
        assert resubmit(returned, returned.correct_by - INSTANT).state == "submitted"
        transaction.set_rollback(True)
    with pytest.raises(ActionRejected) as caught:  # nobody has closed it yet
        resubmit(returned, returned.correct_by)
    assert caught.value.code == "too_late"
    assert actions.expire(by=CLOCK, now=returned.correct_by) == 1
    assert again(returned).state == "expired"


@pytest.mark.parametrize("days", [0, 1, 9, 25])
def test_the_clock_goes_on_after_a_correction_with_the_days_left(
    returned: Application, days: int
) -> None:
    at = now() + days * DAY
    case = resubmit(returned, at)
    # it was returned on the day of receipt, which does not count: all twenty days are left
    assert last_day(case.due_at) == counting.last_day(city_date(at), 20, "working")
    assert last_day(case.promised_at) == counting.last_day(city_date(at), 1, "working")
    assert case.correct_by is None
    first, stopped, resumed = terms(case)
    assert (first["pauses"], first["correct_by"]) == ([], "")
    today = city_date(now()).isoformat()
    assert stopped["pauses"] == [[today, ""]] and stopped["correct_by"]
    assert resumed["pauses"] == [[today, city_date(at).isoformat()]]
    assert resumed["due_at"] == case.due_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_while_it_stands_still_no_day_is_named_by_which_it_is_decided(
    returned: Application, waiting: Application
) -> None:
    for case in (returned, waiting):
        (found,) = standings.read([case.id]).values()
        body = shapes.application(found)
        assert (body["due_at"], body["promised_at"]) == (None, None)
        page = result(case, now=now())
        assert page.due is None and page.promised is None
        with override("en"):
            left = {"returned": "20 working days", "waiting": "3 working days"}[case.state]
            assert result(case, now=now()).left == left


def test_the_page_names_the_promised_day_and_that_of_the_law(furnished: None) -> None:
    case = submit("graduate")
    page = result(case, now=now())
    assert page.due == case.due_at and page.promised == case.promised_at < page.due


def test_a_case_that_is_overdue_says_so_and_names_no_day_to_come() -> None:
    case = settled("graduate", by_person=True)
    with override("en"):
        assert "at the latest" in result(case, now=case.due_at - INSTANT).sentence
        late = result(case, now=case.due_at).sentence
    assert "overdue" in late and "at the latest" not in late


# -- another agency or signer has the pen --------------------------------------------------------


def test_an_agencys_days_do_not_count(waiting: Application) -> None:
    at = now() + DAY
    actions.answer_consent(
        number=waiting.number, item="food", granted=True, reason="", by=FOOD, now=at
    )
    case = again(waiting)
    assert case.state == "submitted"
    assert last_day(case.due_at) == counting.last_day(city_date(at), 3, "working")
    assert terms(case)[-1]["pauses"][0][1] == city_date(at).isoformat()


def test_an_agencys_no_gives_an_officer_the_days_that_were_left(waiting: Application) -> None:
    at = now() + DAY
    actions.answer_consent(
        number=waiting.number, item="food", granted=False, reason="不同意", by=FOOD, now=at
    )
    case = again(waiting)
    assert case.state == "review"
    assert last_day(case.due_at) == counting.last_day(city_date(at), 3, "working")


def test_nobody_waits_for_an_agency_beyond_the_statutory_day(waiting: Application) -> None:
    """The pack gives the food office ten working days, the law the city three."""
    statutory = counting.last_day(city_date(now()), 3, "working")
    consent = Consent.objects.get(application=waiting)
    assert last_day(waiting.due_at) == last_day(consent.due_at) == statutory
    assert actions.stop_waiting(by=CLOCK, now=waiting.due_at - INSTANT) == 0
    assert actions.stop_waiting(by=CLOCK, now=waiting.due_at) == 1
    case = again(waiting)
    assert (case.state, case.handover) == ("review", "consent_overdue:food")
    with override("en"):
        (why, *_) = result(case, now=waiting.due_at).why
    assert why.startswith("Another agency did not answer in time: ")
    # and the officer has the days that were left, from the day after
    assert last_day(case.due_at) == counting.last_day(city_date(waiting.due_at), 3, "working")
    assert terms(case)[-1]["pauses"][0][1] == city_date(waiting.due_at).isoformat()
    # an answer that comes later is remembered, and moves nothing
    actions.answer_consent(
        number=case.number, item="food", granted=True, reason="", by=FOOD, now=waiting.due_at
    )
    assert again(case).state == "review"


def test_whatever_a_case_waits_for_an_officer_has_it_on_the_statutory_day(
    waiting: Application,
) -> None:
    """Even if the agency's own day is later: the calendar may have moved the other one."""
    Consent.objects.update(due_at=waiting.due_at + 5 * DAY)
    reconciler.expire(waiting.due_at - INSTANT)
    assert again(waiting).state == "waiting"
    reconciler.expire(waiting.due_at)
    case = again(waiting)
    assert (case.state, case.handover) == ("review", "term_over")
    with override("en"):
        (why, *_) = result(case, now=waiting.due_at).why
    assert why == "The statutory day has come, and others have not answered"


def test_an_officer_who_asks_after_the_statutory_day_gets_the_case_back_on_the_agencys(
    waiting: Application, stranger: Actor
) -> None:
    Consent.objects.update(item="another")  # that one is asked; ``food`` is not yet
    actions.stop_waiting(by=CLOCK, now=waiting.due_at)
    late = again(waiting).due_at + 3 * DAY
    actions.take(number=waiting.number, by=stranger, now=late)
    actions.await_consent(number=waiting.number, item="food", by=stranger, now=late)
    asked = Consent.objects.get(application=waiting, item="food")
    assert last_day(asked.due_at) == counting.last_day(city_date(late), 10, "working")
    assert actions.stop_waiting(by=CLOCK, now=late + DAY) == 0
    assert actions.stop_waiting(by=CLOCK, now=asked.due_at) == 1
    case = again(waiting)
    assert (case.state, case.handover) == ("review", "consent_overdue:food")
    assert case.due_at <= late  # what was over before the question is over after it


def test_a_question_of_an_earlier_wait_does_not_end_the_present_one(
    waiting: Application, stranger: Actor
) -> None:
    """A signature that never came sent the case to an officer, who then asks an agency."""
    Consent.objects.all().delete()
    Cosignature.objects.create(
        application=waiting,
        signer="0" * 32,
        answers_hash=b"h" * 32,
        asked_at=now(),
        due_at=waiting.due_at,
    )
    assert actions.stop_waiting(by=CLOCK, now=waiting.due_at) == 1
    assert again(waiting).handover == "consent_overdue:cosign"
    at = waiting.due_at + dt.timedelta(hours=2)
    actions.take(number=waiting.number, by=stranger, now=at)
    actions.await_consent(number=waiting.number, item="food", by=stranger, now=at)
    assert actions.stop_waiting(by=CLOCK, now=at + dt.timedelta(hours=1)) == 0
    assert again(waiting).state == "waiting"


def test_what_is_contested_has_a_term_of_its_own(clerk: Actor) -> None:
    case = settled("graduate")
    at = now() + 90 * DAY  # long after the first term
    who = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="请再看一次", by=who, now=at)
    case = again(case)
    assert last_day(case.due_at) == counting.last_day(city_date(at), 20, "working")
    assert case.received_on == city_date(now())  # the rules look at the same day as before
    with override("en"):
        assert "at the latest" in result(case, now=at).sentence


# -- calendars ------------------------------------------------------------------------------------


@pytest.fixture
def calendar(settings: Any) -> Any:
    """Let the city declare days: ``calendar(day=is it worked, …)``."""

    def declare(days: dict[dt.date, bool]) -> None:
        settings.CITY = dataclasses.replace(settings.CITY, working_days=days)

    return declare


def test_a_day_off_that_the_city_declares_moves_what_is_open(calendar: Any) -> None:
    case, done = settled("graduate", by_person=True), settled("graduate_23")
    before, today = case.due_at, city_date(now())
    storm = counting.last_day(today, 2, "working")
    calendar({storm: False})
    assert actions.follow_calendar(by=CLOCK, now=now()) == 1
    case = again(case)
    assert last_day(case.due_at) == counting.last_day(today, 21, "working") > last_day(before)
    event = Event.objects.filter(subject=case.subject).latest("seq")
    assert (event.kind, event.before, event.after) == ("deadline_changed", "review", "review")
    data = orjson.loads(event.data)
    assert data["was"]["due_at"] < data["term"]["due_at"]
    assert again(done).due_at == before  # decided: nothing moves
    assert actions.follow_calendar(by=CLOCK, now=now()) == 0
    assert audited() == []


def test_provisional_deadlines_are_reckoned_again_when_the_year_is_published(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """The notice says that 2 January is a day off, and that Saturday the 24th is worked for it."""
    case = submit("graduate", now=dt.datetime(2031, 12, 22, 2, tzinfo=dt.UTC))
    assert case.due_provisional
    assert last_day(case.due_at) == dt.date(2032, 1, 20)  # 23 to 31 December: 7; January: 13

    def published(day: dt.date) -> bool:
        if day == dt.date(2032, 1, 2):
            return False
        return day == dt.date(2032, 1, 24) or (day.weekday() < 5 and day != dt.date(2032, 1, 1))

    monkeypatch.setattr("city.calendar.published", published)
    monkeypatch.setitem(_workdays(), dt.date(2032, 1, 24), "New Year's Day")
    settings.CITY = dataclasses.replace(settings.CITY)  # as a new process makes it
    assert actions.follow_calendar(by=CLOCK, now=now()) == 1
    case = again(case)
    assert not case.due_provisional
    assert last_day(case.due_at) == dt.date(2032, 1, 21)
    assert [t["provisional"] for t in terms(case)] == [True, False]


def _workdays() -> dict[dt.date, str]:
    from chinese_calendar import constants

    found: dict[dt.date, str] = constants.workdays
    return found


def test_dates_that_stay_make_no_event(calendar: Any) -> None:
    case = settled("graduate", by_person=True)
    events = case.events
    calendar({dt.date(2040, 1, 2): False})
    assert actions.follow_calendar(by=CLOCK, now=now()) == 1
    assert again(case).events == events
    assert actions.follow_calendar(by=CLOCK, now=now()) == 0


def test_a_citizens_days_for_a_correction_never_become_fewer(
    calendar: Any, returned: Application
) -> None:
    last = last_day(returned.correct_by)
    calendar({last: False})
    actions.follow_calendar(by=CLOCK, now=now())
    moved = again(returned)
    following = counting.last_day(
        last, 0, "working", is_worked=lambda d: d > last and counting.works(d)
    )
    assert last_day(moved.correct_by) == following
    calendar({last - n * DAY: True for n in range(3)})
    actions.follow_calendar(by=CLOCK, now=now())
    assert again(returned).correct_by == moved.correct_by


def test_many_are_followed_in_turns_and_the_reconciler_comes_back_at_once(
    calendar: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [settled(f"graduate_{n}", by_person=True) for n in (23, 25, 27)]
    calendar({counting.last_day(city_date(now()), 1, "working"): False})
    monkeypatch.setattr(reconciler, "BATCH", 2)
    assert reconciler.follow_calendar(now()) is True
    assert reconciler.follow_calendar(now()) is False
    assert {again(c).events for c in cases} == {cases[0].events + 1}
    duties = dict(reconciler.DUTIES)
    assert reconciler.follow_calendar in duties


# -- what keeps it so -----------------------------------------------------------------------------


def test_postgresql_refuses_a_pause_that_does_not_fit_the_state(waiting: Application) -> None:
    running = settled("graduate", by_person=True)
    for case, pauses, must in (
        (waiting, "[]", "stand still"),
        (waiting, '[["2026-01-01", "2026-01-02"]]', "stand still"),
        (running, '[["2026-01-01", null]]', "run"),
    ):
        with (
            pytest.raises(IntegrityError, match=f"its clock must {must}"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "UPDATE approvals_application SET pauses = %s WHERE id = %s", [pauses, case.id]
            )


@pytest.mark.parametrize(
    "edit",
    [
        "due_at = due_at + interval '3 days'",
        "promised_at = promised_at + interval '3 days'",
        "term_from = term_from - 5",
        "correct_by = now()",
    ],
)
def test_a_deadline_that_is_edited_is_found_by_the_audit(edit: str) -> None:
    case = settled("graduate", by_person=True)
    assert audited() == []
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_application SET {edit} WHERE id = %s", [case.id])
    assert audited() == [f"application {case.number}: its deadlines are not those of its history"]
