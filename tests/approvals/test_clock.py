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
