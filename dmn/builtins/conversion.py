"""Conversion functions (DMN 1.5, table 72): one kind of value into another."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal

from dmn.builtins.registry import builtin
from dmn.values import Range, to_feel
from dmn.values.decimals import number as decimal128
from dmn.values.extended_dates import (
    AnyDate,
    AnyDateTime,
    ExtendedDateTime,
    combine,
    make_date,
)
from dmn.values.nanoseconds import SECOND, AnyDuration, AnyTime, NanosecondTime
from dmn.values.temporal import (
    YearsMonths,
    months_between,
    read_date,
    read_date_time,
    read_duration,
    read_time,
)
from dmn.values.text import range_text, simple_text

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
WIDEST_OFFSET = timedelta(hours=18)


@builtin("date(from: string)")
def date_from_text(text: str) -> object:
    return read_date(text)


@builtin("date(from: date | date and time)")
def date_from_value(value: AnyDate | AnyDateTime) -> object:
    if isinstance(value, ExtendedDateTime):
        return value.date
    return value.date() if isinstance(value, datetime) else value


@builtin("date(year: number, month: number, day: number)")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> object:
    return make_date(whole_number(year), whole_number(month), whole_number(day))


@builtin("date and time(from: string)")
def date_time_from_text(text: str) -> object:
    day = read_date(text)
    return combine(day, time()) if day else read_date_time(text)


@builtin("date and time(date: date | date and time, time: time)")
def date_time_from_parts(day: AnyDate | AnyDateTime, clock: AnyTime) -> object:
    return combine(date_from_value(day), clock)  # type: ignore[arg-type]


@builtin("time(from: string)")
def time_from_text(text: str) -> object:
    return read_time(text)


@builtin("time(from: time | date and time | date)")
def time_from_value(value: AnyTime | AnyDateTime | AnyDate) -> object:
    if isinstance(value, time | NanosecondTime):
        return value
    if isinstance(value, ExtendedDateTime):
        return value.clock
    return value.timetz() if isinstance(value, datetime) else time(tzinfo=UTC)


@builtin("time(hour: number, minute: number, second: number, offset?: days)")
def time_from_parts(
    hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None
) -> object:
    zone = None
    if offset is not None:
        if abs(offset) > WIDEST_OFFSET:
            return None
        zone = timezone(offset) if offset else UTC
    micro, nanos = divmod(int((second % 1) * SECOND), 1000)
    clock = time(whole_number(hour), whole_number(minute), int(second), micro, zone)
    return NanosecondTime(clock, nanos) if nanos else clock


@builtin("duration(from: string)")
def duration_from_text(text: str) -> object:
    return read_duration(text)


@builtin("duration(from: days | months)")
def duration_from_duration(value: AnyDuration | YearsMonths) -> object:
    return value


@builtin("years and months duration(from: date | date and time, to: date | date and time)")
def months_between_days(start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> object:
    return YearsMonths(months_between(start, end))


@builtin("number(from: string)")
@builtin("number(from: string, grouping separator: string|null, decimal separator: string|null)")
def number_from_text(text: str, grouping: str | None = None, point: str | None = None) -> object:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        return None
    if grouping is not None and grouping == (point or "."):
        return None
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    return decimal128(text) if _NUMBER.fullmatch(text) else None


@builtin("number(from: number)")
def number_from_number(value: Decimal) -> object:
    return value


@builtin("string(from: any)")
def text_of(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return string_of(value)


def string_of(value: object) -> str:
    """The text that `string` gives; strings inside lists and contexts stay quoted."""
    match value:
        case list():
            return "[" + ", ".join(map(string_of, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{_key(k)}: {string_of(v)}" for k, v in value.items()) + "}"
        case Range():
            return range_text(value, string_of)
        case None | bool() | str():
            return to_feel(value)
    return simple_text(value) or "function"


def _key(key: str) -> str:
    return key if re.fullmatch(r"\w[\w ]*", key) else to_feel(key)


def whole_number(value: Decimal) -> int:
    """The whole number that it is; ValueError for a fraction."""
    if value != value.to_integral_value():
        raise ValueError("not whole_number")
    return int(value)
