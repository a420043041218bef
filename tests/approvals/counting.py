"""Counting terms another way than the product: day by day, each day looked at by itself.

Imports nothing of ours. Holidays of years without a published notice are written out here, as the
almanac has them: 春节 and the day before it, 清明, 端午, 中秋.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import cache

import chinese_calendar

ONE = dt.timedelta(days=1)
NEW_YEAR = {2027: "02-06", 2028: "01-26", 2029: "02-13", 2030: "02-03"}
OTHERS = {
    2027: ("04-05", "06-09", "09-15"),
    2028: ("04-04", "05-28", "10-03"),
    2029: ("04-04", "06-16", "09-22"),
    2030: ("04-05", "06-05", "09-12"),
}
FIXED = ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")
Pauses = Iterable[tuple[dt.date, dt.date]]


@cache
def almanac(year: int) -> set[dt.date]:
    """Return the statutory holidays of one of the years above (国务院令 795 §2)."""
    first = dt.date.fromisoformat(f"{year}-{NEW_YEAR[year]}")
    spring = {first + n * ONE for n in (-1, 0, 1, 2)}
    return spring | {dt.date.fromisoformat(f"{year}-{d}") for d in (*FIXED, *OTHERS[year])}


def published(day: dt.date) -> bool:
    return day.year <= 2026


@cache
def works(day: dt.date) -> bool:
    """Whether a day is worked, by the published notice or, before there is one, by the almanac."""
    if published(day):
        return chinese_calendar.is_workday(day)
    return day.weekday() < 5 and day not in almanac(day.year)


def last_day(
    begun: dt.date,
    days: int,
    unit: str,
    pauses: Pauses = (),
    is_worked: Callable[[dt.date], bool] = works,
) -> dt.date:
    """Live through a term: each evening a day has counted or not, until none is left.

    On a day on which a pause begins, time jumps to the day on which it ends. With no day left, the
    term ends on the first day that is worked.
    """
    day, left, ahead = begun, days, list(pauses)
    while True:
        if ahead and ahead[0][0] == day:
            day = ahead.pop(0)[1]
        elif left == 0 and is_worked(day):
            return day
        else:
            day += ONE
            if left and (unit == "calendar" or is_worked(day)):
                left -= 1
