"""Deadlines: the vectors were computed by hand from the published holiday notices."""

import datetime

import pytest
from chinese_calendar import get_holiday_detail

from city.calendar import Calendar, published
from city.holidays import FIXED, statutory_holidays
from ledger.clock import city_date
from tests.approvals import counting

DATE = datetime.date.fromisoformat
CALENDAR = Calendar("Asia/Shanghai", {})


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        ("2025-09-26", 5, "2025-10-10"),  # National Day and Mid-Autumn together, two 调休 days
        ("2025-09-26", 20, "2025-10-30"),
        ("2025-01-24", 5, "2025-02-07"),  # Spring Festival, 26 January worked
        ("2026-02-13", 5, "2026-02-27"),
        ("2025-12-31", 3, "2026-01-06"),
    ],
)
def test_working_days_follow_the_published_notice(received: str, days: int, last: str) -> None:
    assert CALENDAR.last_day(DATE(received), days, "working") == (DATE(last), False)


def test_a_deadline_is_the_end_of_its_last_day_in_the_city() -> None:
    due = CALENDAR.deadline(DATE("2025-12-31"), 3, "working")
    assert due.at.isoformat() == "2026-01-06T16:00:00+00:00"  # midnight in Shanghai


def test_calendar_days_count_from_the_next_day() -> None:
    assert CALENDAR.last_day(DATE("2026-02-27"), 3, "calendar") == (DATE("2026-03-02"), False)


def test_a_year_without_a_notice_gives_a_provisional_deadline() -> None:
    last, provisional = CALENDAR.last_day(DATE("2031-03-03"), 5, "working")  # a Monday
    assert (last, provisional) == (DATE("2031-03-10"), True)


def test_a_moment_late_in_the_evening_in_utc_is_the_next_day_in_the_city() -> None:
    at = datetime.datetime(2026, 11, 22, 16, 30, tzinfo=datetime.UTC)
    assert city_date(at) == DATE("2026-11-23")


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        CALENDAR.last_day(DATE("2026-01-05"), 1, "fortnight")


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        ("2026-02-13", 3, "2026-02-24"),  # 16 February is in the Spring Festival (15 to 23)
        ("2026-02-27", 1, "2026-02-28"),  # a Saturday that is worked (调休)
        ("2026-03-13", 8, "2026-03-23"),  # a Saturday
    ],
)
def test_a_term_in_calendar_days_ends_on_a_working_day(received: str, days: int, last: str) -> None:
    """民法典 §203: the last day is a holiday, so the next working day is the last."""
    assert CALENDAR.last_day(DATE(received), days, "calendar") == (DATE(last), False)


def test_statutory_holidays_are_known_without_a_notice() -> None:
    """全国年节及纪念日放假办法 §2: 1 January, 1 and 2 May, 1 to 3 October of any year."""
    for day in ("2035-01-01", "2035-05-01", "2035-05-02", "2035-10-01", "2035-10-02", "2035-10-03"):
        assert CALENDAR.is_working_day(DATE(day)) == (False, True)


@pytest.mark.parametrize("year", [2027, 2028, 2029, 2030])
def test_holidays_of_the_lunar_calendar_are_known_without_a_notice(year: int) -> None:
    """春节 from its eve to the third day, 清明, 端午 and 中秋, as the almanac has them."""
    assert statutory_holidays(year) == counting.almanac(year)


def test_the_holidays_of_the_law_are_days_off_in_the_published_notices() -> None:
    """The law of 2024 is in force since 2025: no notice works on one of its days."""
    for year in (2025, 2026):
        days = statutory_holidays(year)
        assert len(days) == 13 and not any(published(day) for day in days)
        names = {get_holiday_detail(day)[1] for day in days}
        assert len(names) == 7


def test_beyond_the_lunar_table_the_fixed_days_are_left() -> None:
    assert {(d.month, d.day) for d in statutory_holidays(2150)} == {*FIXED}


def test_what_the_city_declares_comes_before_the_published_notice() -> None:
    """A storm on Monday 2 March 2026; Saturday 7 March and 1 October are worked for it."""
    own = {DATE("2026-03-02"): False, DATE("2026-03-07"): True, DATE("2026-10-01"): True}
    city = Calendar("Asia/Shanghai", own)
    assert city.last_day(DATE("2026-02-27"), 1, "working") == (DATE("2026-02-28"), False)
    assert city.last_day(DATE("2026-02-28"), 1, "working") == (DATE("2026-03-03"), False)
    assert city.last_day(DATE("2026-03-06"), 1, "working") == (DATE("2026-03-07"), False)
    assert city.is_working_day(DATE("2026-10-01")) == (True, False)
    assert city.last_day(DATE("2026-02-23"), 7, "calendar") == (DATE("2026-03-03"), False)
    assert city.version != CALENDAR.version == Calendar("Asia/Shanghai", {}).version


def test_what_the_city_declares_of_an_unpublished_year_is_no_assumption() -> None:
    declared = Calendar("Asia/Shanghai", {DATE("2031-03-04"): True})
    assert declared.last_day(DATE("2031-03-03"), 1, "working") == (DATE("2031-03-04"), False)


def test_a_term_of_no_days_ends_on_its_day_or_the_next_working_one() -> None:
    assert CALENDAR.last_day(DATE("2026-03-06"), 0, "working") == (DATE("2026-03-06"), False)
    assert CALENDAR.last_day(DATE("2026-03-07"), 0, "working") == (DATE("2026-03-09"), False)


def test_every_term_agrees_with_a_counter_that_goes_day_by_day() -> None:
    """Counted another way: all working days after the receipt, listed, and the n-th taken."""
    import chinese_calendar

    start = DATE("2024-06-03")
    days = [start + datetime.timedelta(days=n) for n in range(1, 500)]
    working = [day for day in days if chinese_calendar.is_workday(day)]
    for term in range(1, 200):
        assert CALENDAR.last_day(start, term, "working") == (working[term - 1], False)
