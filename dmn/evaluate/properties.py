"""Paths: fields of contexts and of lists of contexts, and the parts of dates and durations.

Source: DMN 1.5, table 65 (properties of date, time, durations and ranges).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dmn.values import UNKNOWN, Range
from dmn.values.extended_dates import AnyDateTime, ExtendedDate, ExtendedDateTime
from dmn.values.nanoseconds import (
    SECOND,
    AnyDuration,
    AnyTime,
    LongDuration,
    NanosecondTime,
    duration_nanos,
)
from dmn.values.temporal import YearsMonths, nanos_beyond_micros, offset_of


def _zone(value: AnyTime | AnyDateTime) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _part(span: AnyDuration, unit: int, size: int) -> Decimal:
    """A part of a duration, with the duration's sign; unit and size in seconds."""
    nanos = duration_nanos(span)
    seconds = abs(nanos) // SECOND
    whole = seconds // unit if not size else seconds % size // unit
    return Decimal(-whole if nanos < 0 else whole)


def _seconds(span: AnyDuration) -> Decimal:
    nanos = duration_nanos(span)
    seconds = Decimal(abs(nanos) % (60 * SECOND)) / SECOND
    return -seconds if nanos < 0 else seconds


def _second(value: AnyTime | AnyDateTime) -> Decimal:
    return (
        Decimal(value.second)
        + Decimal(value.microsecond * 1000 + nanos_beyond_micros(value)) / SECOND
    )


_DAY: Mapping[str, Callable[..., object]] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.isoweekday()),
}
_CLOCK: Mapping[str, Callable[..., object]] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": _second,
    "time offset": offset_of,
    "timezone": _zone,
}
_SPAN: Mapping[str, Callable[..., object]] = {
    "days": lambda v: _part(v, 86400, 0),
    "hours": lambda v: _part(v, 3600, 86400),
    "minutes": lambda v: _part(v, 60, 3600),
    "seconds": _seconds,
}
PROPERTIES: Mapping[type, Mapping[str, Callable[..., object]]] = {
    date: _DAY,
    time: _CLOCK,
    NanosecondTime: _CLOCK,
    datetime: {**_DAY, **_CLOCK},
    ExtendedDate: _DAY,
    ExtendedDateTime: {**_DAY, **_CLOCK},
    timedelta: _SPAN,
    LongDuration: _SPAN,
    YearsMonths: {
        "years": lambda v: Decimal(v.years_part),
        "months": lambda v: Decimal(v.months_part),
    },
    Range: {
        "start": lambda v: v.low,
        "end": lambda v: v.high,
        "start included": lambda v: v.low_closed,
        "end included": lambda v: v.high_closed,
    },
}


def path(value: object, name: str) -> object:
    """`value.name`; null for what has no such part."""
    if value.__class__ is dict:
        return value.get(name)
    if value is None:
        return None
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, list):
        return [item.get(name) if item.__class__ is dict else path(item, name) for item in value]
    part = PROPERTIES.get(value.__class__, {}).get(name)
    return part(value) if part else None
