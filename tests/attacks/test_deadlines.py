"""Issue 11: a deadline across the Spring Festival, 29 February, and the last published year.

Counted by hand on the State Council's notice for 2026: rest from Sunday 15 to Monday 23 February,
work on Saturday 14 and 28 February; the Mid-Autumn and National Day rest, work on Sunday 20
September and Saturday 10 October.
"""

import datetime as dt

import pytest
from django.conf import settings

from approvals.models import Application
from city.calendar import published
from services import validity
from tests.approvals import cases

D = dt.date


def last_day(received: D, days: int, unit: str) -> tuple[D, bool]:
    found = settings.CITY.calendar.deadline(received, days, unit)
    zone = settings.CITY.calendar.zone
    return (found.at - dt.timedelta(seconds=1)).astimezone(zone).date(), found.provisional


@pytest.mark.parametrize(
    ("received", "days", "unit", "expected"),
    [
        (D(2026, 2, 13), 1, "working", D(2026, 2, 14)),  # a Saturday of work
        (D(2026, 2, 13), 2, "working", D(2026, 2, 24)),
        (D(2026, 2, 14), 5, "working", D(2026, 2, 28)),  # 24, 25, 26, 27, and Saturday 28
        (D(2026, 2, 13), 20, "working", D(2026, 3, 19)),
        (D(2026, 2, 17), 5, "working", D(2026, 2, 28)),  # received on New Year's Day itself
        (D(2026, 9, 18), 5, "working", D(2026, 9, 24)),  # Sunday 20 is worked
        (D(2026, 9, 30), 3, "working", D(2026, 10, 10)),  # 8, 9, and Saturday 10
        (D(2026, 1, 20), 30, "calendar", D(2026, 2, 24)),  # 19 February is in the rest: the 24th
        (D(2026, 1, 26), 30, "calendar", D(2026, 2, 25)),
    ],
)
def test_across_the_spring_festival(received: D, days: int, unit: str, expected: D) -> None:
    assert last_day(received, days, unit) == (expected, False)


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        (D(2028, 1, 31), 29, D(2028, 2, 29)),  # a Tuesday
        (D(2028, 2, 29), 30, D(2028, 3, 30)),  # a Thursday
        (D(2027, 2, 28), 1, D(2027, 3, 1)),  # no 29th, a Monday
        (D(2028, 2, 28), 2, D(2028, 3, 1)),
    ],
)
def test_the_29th_of_february(received: D, days: int, expected: D) -> None:
    found, _ = last_day(received, days, "calendar")
    assert found == expected


def test_a_year_on_from_the_29th_of_february_ends_on_the_last_day_of_the_month() -> None:
    """民法典 §202: where the last month has no such day, its last one."""
    assert validity.last_day(D(2028, 2, 29), "P1Y") == D(2029, 2, 28)
    assert validity.last_day(D(2027, 8, 31), "P6M") == D(2028, 2, 29)


def test_beyond_the_last_published_year_it_is_marked_and_counted_all_the_same() -> None:
    year = max(y for y in range(2020, 2040) if published(D(y, 6, 1)) is not None)
    inside, provisional = last_day(D(year, 11, 2), 20, "working")
    assert inside.year == year and not provisional
    beyond, provisional = last_day(D(year, 12, 21), 20, "working")
    assert provisional and beyond > D(year + 1, 1, 1)
    assert beyond != D(year + 1, 1, 1)  # the first of January is a holiday without a notice
    assert beyond.weekday() < 5


def test_a_case_of_the_years_end_says_that_its_day_is_provisional(furnished: None) -> None:
    year = max(y for y in range(2020, 2040) if published(D(y, 6, 1)) is not None)
    at = dt.datetime(year, 12, 28, 2, tzinfo=dt.UTC)
    case = cases.submit("credit_hit", now=at)
    cases.answer_checks(case)
    case = Application.objects.get(pk=case.pk)
    assert case.due_at.year == year + 1
    assert case.due_provisional is True
