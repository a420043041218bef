"""The terms of a case: with pauses, an extension and holidays, against a counter of our own."""

import datetime as dt
import random
from types import SimpleNamespace

import pytest

from approvals.actions import clock
from approvals.models import Application
from approvals.states import EDGES, PAUSED, RUNNING, SETTLED, State
from approvals.terms import (
    Course,
    dates,
    days_left,
    deliver_by,
    last_day,
    stops_for_correction,
)
from city.calendar import Calendar
from portal import terms as shown
from services.pack.model import Clock, Limit
from tests.approvals import counting

DATE = dt.date.fromisoformat
CALENDAR = Calendar("Asia/Shanghai", {})
FIVE, TEN_DAYS = Limit(5, "working"), Limit(10, "calendar")


def course(begun: str, *pauses: tuple[str, str | None], extended: int = 0) -> Course:
    spans = [(DATE(since), DATE(until) if until else None) for since, until in pauses]
    return Course(DATE(begun), spans, extended)


@pytest.mark.parametrize(
    ("limit", "begun", "pauses", "last"),
    [
        # received Monday 2 March 2026: five working days end on Monday 9 March
        (FIVE, "2026-03-02", [], "2026-03-09"),
        # returned on Wednesday with three days left, corrected on Wednesday 18 March: 19, 20, 23
        (FIVE, "2026-03-02", [("2026-03-04", "2026-03-18")], "2026-03-23"),
        # corrected the same day: nothing is lost, nothing is won
        (FIVE, "2026-03-02", [("2026-03-04", "2026-03-04")], "2026-03-09"),
        # returned by the machine on the day of receipt: all five days after the correction
        (FIVE, "2026-03-02", [("2026-03-02", "2026-03-11")], "2026-03-18"),
        # corrected on a Saturday: Monday is the first day
        (FIVE, "2026-03-02", [("2026-03-04", "2026-03-14")], "2026-03-18"),
        # returned on the last day: it ends on the day of the correction, or the next working day
        (FIVE, "2026-03-02", [("2026-03-09", "2026-03-12")], "2026-03-12"),
        (FIVE, "2026-03-02", [("2026-03-09", "2026-03-14")], "2026-03-16"),
        # returned when it was over: it stays over
        (FIVE, "2026-03-02", [("2026-03-10", "2026-03-20")], "2026-03-09"),
        # twice: 3, 4 March | 11 | 24, 25
        (
            FIVE,
            "2026-03-02",
            [("2026-03-04", "2026-03-10"), ("2026-03-11", "2026-03-23")],
            "2026-03-25",
        ),
        # over the Spring Festival of 2026 (15 to 23 February; 14 and 28 are worked): 24, 25, 26
        (FIVE, "2026-02-11", [("2026-02-13", "2026-02-20")], "2026-02-26"),
        # calendar days: 3, 4 March | 15 to 22 March, a Sunday, so the Monday
        (TEN_DAYS, "2026-03-02", [("2026-03-04", "2026-03-14")], "2026-03-23"),
    ],
)
def test_a_term_goes_on_with_the_days_that_were_left(
    limit: Limit, begun: str, pauses: list[tuple[str, str | None]], last: str
) -> None:
    assert last_day(CALENDAR, course(begun, *pauses), limit) == (DATE(last), False)


def test_only_what_is_not_accepted_yet_stands_still_for_a_correction() -> None:
    """Received on 13 February 2026, five working days end on 27 February (the domain's vectors)."""
    received, last = DATE("2026-02-13"), DATE("2026-02-27")
    day = dt.timedelta(days=1)
    assert stops_for_correction(CALENDAR, received, received, is_first=True)
    assert stops_for_correction(CALENDAR, received, last, is_first=True)
    assert not stops_for_correction(CALENDAR, received, last + day, is_first=True)
    assert not stops_for_correction(CALENDAR, received, last, is_first=False)


def test_while_it_stands_still_the_days_left_are_known() -> None:
    standing = course("2026-03-02", ("2026-03-04", None))
    assert days_left(CALENDAR, standing, Clock(FIVE, FIVE)) == 3
    over = course("2026-03-02", ("2026-03-10", None))
    assert days_left(CALENDAR, over, Clock(FIVE, FIVE)) == 0
    with pytest.raises(ValueError, match="stand still"):
        days_left(CALENDAR, course("2026-03-02"), Clock(FIVE, FIVE))


def test_an_extension_makes_the_term_of_the_law_longer_and_not_the_promise() -> None:
    """§42: twenty working days from 2 March 2026 end on 30 March, thirty on 14 April (清明: 6)."""
    both = Clock(Limit(20, "working"), Limit(1, "working"))
    plain = dates(CALENDAR, course("2026-03-02"), both)
    longer = dates(CALENDAR, course("2026-03-02", extended=10), both)
    assert plain.due == CALENDAR.end_of(DATE("2026-03-30"))
    assert longer.due == CALENDAR.end_of(DATE("2026-04-14"))
    assert longer.promised == plain.promised == CALENDAR.end_of(DATE("2026-03-03"))


def test_a_promise_is_never_later_than_the_law() -> None:
    odd = Clock(Limit(3, "calendar"), Limit(3, "working"))
    found = dates(CALENDAR, course("2026-03-06"), odd)  # a Friday
    assert found.due == found.promised == CALENDAR.end_of(DATE("2026-03-09"))


def some_pauses(draw: random.Random, begun: dt.date) -> list[tuple[dt.date, dt.date]]:
    pauses, day = [], begun
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3, 5))):
        since = day + dt.timedelta(days=draw.choice((0, 0, 1, 2, 5, 12, 30)))
        day = since + dt.timedelta(days=draw.choice((0, 0, 1, 3, 9, 40)))
        pauses.append((since, day))
    return pauses


def test_ten_thousand_histories_agree_with_a_counter_that_lives_through_each_day() -> None:
    draw, years, held, provisional, jointly = random.Random(2026), set(), 0, 0, 0
    for _ in range(10_000):
        begun = DATE("2024-01-01") + dt.timedelta(days=draw.randrange(365 * 5))
        pauses = some_pauses(draw, begun)
        own = {  # days on which the city differs
            begun + dt.timedelta(days=draw.randrange(150)): draw.random() < 0.5
            for _ in range(draw.choice((0, 0, 3, 12)))
        }
        looked_at: list[dt.date] = []

        def is_worked(day: dt.date, own: dict[dt.date, bool] = own) -> bool:
            looked_at.append(day)  # noqa: B023
            return own[day] if day in own else counting.works(day)

        limit = Limit(draw.randrange(1, 61), draw.choice(("working", "working", "calendar")))
        promise = Limit(draw.randrange(1, 21), draw.choice(("working", "calendar")))
        extended = draw.choice((0, 0, 3, 10))
        if draw.random() < 0.25:  # a joint handling (§42 para 2)
            limit, extended = Limit(45, "working"), draw.choice((0, 15))
            jointly += extended > 0
        due = counting.last_day(begun, limit.days + extended, limit.unit, pauses, is_worked)
        hope = counting.last_day(begun, promise.days, promise.unit, pauses, is_worked)
        calendar = Calendar("Asia/Shanghai", own)
        found = dates(
            calendar,
            Course(begun, pauses, extended),
            Clock(limit, promise),
        )
        midnight = dt.datetime.combine(due + counting.ONE, dt.time(), dt.UTC)
        assert found.due == midnight - dt.timedelta(hours=8), (begun, pauses, limit, own)
        midnight = dt.datetime.combine(min(due, hope) + counting.ONE, dt.time(), dt.UTC)
        assert found.promised == midnight - dt.timedelta(hours=8), (begun, pauses, promise, own)
        assumed = any(not counting.published(day) and day not in own for day in looked_at)
        assert found.provisional == assumed, (begun, pauses, limit, promise, own)
        deliver = counting.last_day(due, 10, "working", (), is_worked)  # decided on the last day
        assert deliver_by(calendar, due) == deliver, (due, own)
        years.add(due.year)
        held += bool(pauses)
        provisional += assumed
    assert years >= {2024, 2025, 2026, 2027, 2028}
    assert held > 5000 and provisional > 2000 and jointly > 1000


TWENTY_AND_ONE = Clock(Limit(20, "working"), Limit(1, "working"))
# what the clock reads of a rulebook
BOOK = SimpleNamespace(pack=SimpleNamespace(clock=TWENTY_AND_ONE, correct_within=30))


def test_the_dates_on_a_citizens_page_never_contradict_each_other() -> None:
    """Three thousand lives of a case, from edge to edge of the state table, with days between."""
    draw, held = random.Random(7), 0
    for _ in range(3_000):
        day, case, kept = DATE("2025-01-01"), Application(state=State.SUBMITTED), None
        day += dt.timedelta(days=draw.randrange(600))
        clock.start(case, BOOK, day)
        for _ in range(draw.randrange(1, 12)):
            moves = [target for froms, target in EDGES.values() if case.state in froms]
            if not moves:
                break
            day += dt.timedelta(days=draw.choice((0, 0, 0, 1, 3, 8, 25)))
            was, target = case.state, draw.choice(moves)
            stood_still = was not in SETTLED and clock.stands_still(case)
            is_late = target is State.RETURNED and draw.random() < 0.3
            in_time = case.due_at > clock.settings.CITY.calendar.end_of(day - counting.ONE)
            if was in SETTLED:
                clock.start(case, BOOK, day)
            elif is_late:  # accepted before it is returned: the clock goes on
                case.correct_by = clock.correct_by(BOOK, day)
            elif target in (*PAUSED, State.RETURNED):
                clock.pause(case, day)
                if target is State.RETURNED:
                    case.correct_by = clock.correct_by(BOOK, day)
                kept = clock.days_left(case, BOOK), in_time
            elif target not in SETTLED:
                clock.resume(case, BOOK, day)
            case.__dict__["state"] = target
            held += _is_consistent(case, day, kept if stood_still else None)
    assert held > 1_000


def _is_consistent(case: Application, day: dt.date, kept: tuple[int, bool] | None) -> bool:
    """What the page shows of the terms on a day; ``kept``: what it said while they stood still."""
    calendar = clock.settings.CITY.calendar
    until, left, promised = shown.until(case), shown.left(case, BOOK), shown.promised(case)
    if case.state == State.RETURNED and clock.runs(case):
        assert until == case.correct_by > calendar.end_of(day) and not left
        assert promised is None or promised < case.due_at
    elif case.state in RUNNING:
        assert until == case.due_at and not left
        assert promised is None or promised < until
        if kept is not None:  # as many days as the page said, from the day on which it went on
            days, was_in_time = kept
            last = calendar.date(until - dt.timedelta(seconds=1))
            if days or was_in_time:
                assert last >= day
                assert last == counting.last_day(day, days, "working")
            else:
                assert until <= calendar.end_of(day)
            return True
    elif case.state in (*PAUSED, State.RETURNED):
        assert promised is None and left
        if case.state == State.RETURNED:  # the one day on the page, and it is still to come
            assert until == case.correct_by > calendar.end_of(day)
        else:
            assert until is None
    else:
        assert (until, left, promised) == (None, "", None)
    return False
