"""Dates, times and durations: their written forms (ISO 8601 as FEEL narrows it) and calendar.

Years from 1 to 9999 and fractions to microseconds are Python's datetime, others those of
extended_dates.py and nanoseconds.py.
An offset (`+08:00`) is kept as datetime.timezone, a zone's name (`@Asia/Shanghai`) as ZoneInfo.
Readers return None for text that is no such value.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from dmn.values.extended_dates import (
    AnyDate,
    AnyDateTime,
    ExtendedDate,
    ExtendedDateTime,
    combine,
    day_number,
    day_of_number,
    make_date,
)
from dmn.values.nanoseconds import (
    SECOND,
    AnyDuration,
    AnyTime,
    NanosecondTime,
    duration_nanos,
    duration_of_nanos,
)

_DATE = r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+\-/]+)?"
DATE = re.compile(_DATE, re.ASCII)
TIME = re.compile(_TIME, re.ASCII)
DATE_TIME = re.compile(_DATE + "T" + _TIME, re.ASCII)
DURATION = re.compile(
    r"(-)?P(?=.)(?:(\d{1,12})Y)?(?:(\d{1,12})M)?(?:(\d{1,19})D)?"
    r"(?:T(?=.)(?:(\d{1,19})H)?(?:(\d{1,19})M)?(?:(\d{1,19})(?:\.(\d{0,18}))?S)?)?",
    re.ASCII,
)
MAX_MONTHS = 999_999_999 * 12


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, counted in months."""

    months: int

    @property
    def years_part(self) -> int:
        return abs(self.months) // 12 * (1 if self.months >= 0 else -1)

    @property
    def months_part(self) -> int:
        return abs(self.months) % 12 * (1 if self.months >= 0 else -1)


@lru_cache(maxsize=1024)
def zone(text: str | None) -> tzinfo | None:
    """`Z`, `+08:00` or `@Asia/Shanghai`; ValueError for a zone that does not exist."""
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    if text[0] == "@":
        if text[1:] not in available_timezones():
            raise ValueError(text)
        return ZoneInfo(text[1:])
    parts = [int(part) for part in text[1:].split(":")]
    if parts[0] > 18 or any(part > 59 for part in parts[1:]):
        raise ValueError(text)
    offset = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if parts[2:] else 0)
    if offset > timedelta(hours=18):
        raise ValueError(text)
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


def read_date(text: str) -> AnyDate | None:
    found = DATE.fullmatch(text)
    try:
        return make_date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _clock(parts: tuple[str | None, ...]) -> AnyTime:
    hour, minute, second, fraction, where = parts
    micro, nanos = divmod(_nanos(fraction), 1000)
    clock = time(int(hour or 0), int(minute or 0), int(second or 0), micro, zone(where))
    return NanosecondTime(clock, nanos) if nanos else clock


def _nanos(fraction: str | None) -> int:
    return int(fraction.ljust(9, "0")[:9]) if fraction else 0


def read_time(text: str) -> AnyTime | None:
    found = TIME.fullmatch(text)
    try:
        return _clock(found.groups()) if found else None
    except ValueError:
        return None


def read_date_time(text: str) -> AnyDateTime | None:
    """With a `T` and a time, of which 24:00:00 is the first of the next day; no plain date."""
    found = DATE_TIME.fullmatch(text)
    if not found:
        return None
    try:
        parts = found.groups()
        day = make_date(*map(int, parts[:3]))
        if parts[3] == "24":  # midnight at the end of a day (XML Schema), and no moment later
            if parts[4:6] != ("00", "00") or (parts[6] or "").strip("0"):
                return None
            return combine(day_of_number(day_number(day) + 1), _clock((None, *parts[4:])))
        return combine(day, _clock(parts[3:]))
    except ValueError:
        return None


def read_duration(text: str) -> AnyDuration | YearsMonths | None:
    """Either kind of duration; a mixture of months and days is none."""
    found = DURATION.fullmatch(text)
    if not found:
        return None
    sign = -1 if found[1] else 1
    if found[2] or found[3]:
        if any(found.groups()[3:]):
            return None
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(sign * months) if months <= MAX_MONTHS else None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[3:7])
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    try:
        return duration_of_nanos(sign * (whole * SECOND + _nanos(found[8])))
    except OverflowError:
        return None


def write_zone(where: tzinfo | None) -> str:
    if where is None:
        return ""
    if isinstance(where, ZoneInfo):
        return f"@{where.key}"
    offset = where.utcoffset(None)
    if not offset:
        return "Z"
    seconds = abs(int(offset.total_seconds()))
    text = f"{'-' if offset < timedelta(0) else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def zone_text(value: object) -> str:
    """The zone or offset of a value, as it is written; empty for what has none."""
    return write_zone(getattr(value, "tzinfo", None))


def write_time(value: AnyTime | AnyDateTime) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    fraction = value.microsecond * 1000 + nanos_beyond_micros(value)
    if fraction:
        text += f".{fraction:09}".rstrip("0")
    return text + write_zone(value.tzinfo)


def nanos_beyond_micros(value: AnyTime | AnyDateTime) -> int:
    """The nanoseconds beyond the microsecond."""
    clock = value.clock if isinstance(value, ExtendedDateTime) else value
    return clock.nanos if isinstance(clock, NanosecondTime) else 0


def write_date_time(value: AnyDateTime) -> str:
    day = value.date if isinstance(value, ExtendedDateTime) else value.date()
    return f"{day.isoformat()}T{write_time(value)}"


def write_duration(value: AnyDuration | YearsMonths) -> str:
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "") or "0M"
        return f"{'-' if value.months < 0 else ''}P{text}"
    nanos = duration_nanos(value)
    sign = "-" if nanos < 0 else ""
    whole, part = divmod(abs(nanos), SECOND)
    number, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{part:09}".rstrip("0") if part else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{number}D" if number else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days or 'T0S'}"


def add_months(day: Any, months: int) -> Any:
    """The same day of a later month, or its last day: 31 January + 1 month = 28 or 29 February.

    Takes any date or moment and keeps the clock. ValueError outside FEEL's years.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999 or isinstance(day, ExtendedDate | ExtendedDateTime):
        last = calendar.monthrange(2000 + year % 400, month + 1)[1]
        moved = make_date(year, month + 1, min(day.day, last))
        if isinstance(day, ExtendedDateTime):
            return combine(moved, day.clock)
        return combine(moved, day.timetz()) if isinstance(day, datetime) else moved
    if day.day > 28:
        last = calendar.monthrange(year, month + 1)[1]
        return day.replace(year=year, month=month + 1, day=min(day.day, last))
    if day.__class__ is date:
        return date(year, month + 1, day.day)
    return day.replace(year=year, month=month + 1)


def months_between(start: Any, end: Any) -> int:
    """Whole months from the one calendar day to the other, towards zero; no clock counts."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    if months < 0 and end.day > start.day:
        return months + 1
    return months


def instant(value: datetime) -> datetime:
    """In UTC when it has an offset or a zone, so that two instants compare truly."""
    return value.astimezone(UTC) if value.tzinfo is not None else value


def offset_of(value: AnyTime | AnyDateTime) -> timedelta | None:
    """The offset from UTC; a named zone's offset on a bare time is that of 1970-01-01."""
    if value.tzinfo is None:
        return None
    if isinstance(value, time):
        return value.tzinfo.utcoffset(
            datetime.combine(date(1970, 1, 1), value.replace(tzinfo=None))
        )
    return value.utcoffset()


def since_midnight(value: time) -> timedelta:
    return timedelta(
        hours=value.hour,
        minutes=value.minute,
        seconds=value.second,
        microseconds=value.microsecond,
    )


def seconds_of(value: time) -> timedelta:
    """Time since midnight, in UTC when there is an offset."""
    return since_midnight(value) - (offset_of(value) or timedelta())


def midnight_utc(day: AnyDate) -> AnyDateTime:
    """What a date is where a date and time is wanted (DMN 1.5, 10.3.2.3.5)."""
    return combine(day, time(tzinfo=UTC))
