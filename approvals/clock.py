"""The statutory clock: deadlines in working or calendar days (行政许可法 §82), and what time it is.

Days count from the day after receipt; a deadline is the end of its last day in the city's zone.
Working days follow the published yearly notice (调休). Where the year's notice is not there yet,
weekdays but statutory holidays are assumed, and the deadline is marked provisional.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar
from django.conf import settings

from ledger.clock import now

# 元旦, 劳动节, 国庆节: their dates are in the law itself (国务院令 795, 2024, §2)
STATUTORY = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True, slots=True)
class Deadline:
    """``at``: the first moment that is too late. ``provisional``: a year is not yet published."""

    at: datetime.datetime
    provisional: bool


def is_working_day(day: datetime.date) -> tuple[bool, bool]:
    """Return (is it a working day, is that an assumption)."""
    try:
        return chinese_calendar.is_workday(day), False
    except NotImplementedError:  # statutory days need no notice (全国年节及纪念日放假办法 §2)
        return day.weekday() < 5 and (day.month, day.day) not in STATUTORY, True


@lru_cache(maxsize=4096)
def last_day(received: datetime.date, days: int, unit: str) -> tuple[datetime.date, bool]:
    """Return the last day of a term of so many "working" or "calendar" days from receipt."""
    if unit == "calendar":  # 民法典 §203: a holiday at the end gives way to the next workday
        day, provisional = received + datetime.timedelta(days=days), False
        while True:
            working, assumed = is_working_day(day)
            provisional |= assumed
            if working:
                return day, provisional
            day += datetime.timedelta(days=1)
    if unit != "working":
        raise ValueError(f"unknown unit of a term: {unit!r}")
    day, left, provisional = received, days, False
    while left > 0:
        day += datetime.timedelta(days=1)
        working, assumed = is_working_day(day)
        left -= working
        provisional |= assumed
    return day, provisional


def deadline(received: datetime.date, days: int, unit: str) -> Deadline:
    """Return when a term of ``days`` ends for something received on a day (the city's date)."""
    day, provisional = last_day(received, days, unit)
    end = datetime.datetime.combine(
        day + datetime.timedelta(days=1), datetime.time(), ZoneInfo(settings.TIME_ZONE)
    )
    return Deadline(end.astimezone(datetime.UTC), provisional)


def city_date(at: datetime.datetime) -> datetime.date:
    """Return the date of a moment in the city's time zone."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


__all__ = ["Deadline", "city_date", "deadline", "is_working_day", "last_day", "now"]
