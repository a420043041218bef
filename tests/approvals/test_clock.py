"""Deadlines: the vectors were computed by hand from the published holiday notices."""

import datetime

import pytest

from approvals import clock

DATE = datetime.date.fromisoformat


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
    assert clock.last_day(DATE(received), days, "working") == (DATE(last), False)


def test_a_deadline_is_the_end_of_its_last_day_in_the_city() -> None:
    due = clock.deadline(DATE("2025-12-31"), 3, "working")
    assert due.at.isoformat() == "2026-01-06T16:00:00+00:00"  # midnight in Shanghai


def test_calendar_days_count_from_the_next_day() -> None:
    assert clock.last_day(DATE("2026-02-27"), 3, "calendar") == (DATE("2026-03-02"), False)


def test_a_year_without_a_notice_gives_a_provisional_deadline() -> None:
    last, provisional = clock.last_day(DATE("2031-03-03"), 5, "working")  # a Monday
    assert (last, provisional) == (DATE("2031-03-10"), True)


def test_a_moment_late_in_the_evening_in_utc_is_the_next_day_in_the_city() -> None:
    at = datetime.datetime(2026, 11, 22, 16, 30, tzinfo=datetime.UTC)
    assert clock.city_date(at) == DATE("2026-11-23")


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        clock.last_day(DATE("2026-01-05"), 1, "fortnight")


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
    assert clock.last_day(DATE(received), days, "calendar") == (DATE(last), False)


def test_statutory_holidays_are_known_without_a_notice() -> None:
    """全国年节及纪念日放假办法 §2: 1 January, 1 and 2 May, 1 to 3 October of any year."""
    for day in ("2035-01-01", "2035-05-01", "2035-05-02", "2035-10-01", "2035-10-02", "2035-10-03"):
        assert clock.is_working_day(DATE(day)) == (False, True)


def test_every_term_agrees_with_a_counter_that_goes_day_by_day() -> None:
    """Counted another way: all working days after the receipt, listed, and the n-th taken."""
    import chinese_calendar

    start = DATE("2024-06-03")
    days = [start + datetime.timedelta(days=n) for n in range(1, 500)]
    working = [day for day in days if chinese_calendar.is_workday(day)]
    for term in range(1, 200):
        assert clock.last_day(start, term, "working") == (working[term - 1], False)
