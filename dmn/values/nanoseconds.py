"""Times finer and durations longer than Python's: FEEL counts nanoseconds (XML Schema asks more).

`NanosecondTime` and `LongDuration` stand in only where datetime.time and timedelta cannot;
`time_of_nanos` and `duration_of_nanos` give whichever is enough, so that a value has one form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

SECOND = 1_000_000_000
DAY_NANOS = 86_400 * SECOND
MAX_NANOS = 2**63 * SECOND
ONE_MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)


class ClockFields:
    """The fields of a time, read from those of `clock`."""

    __slots__ = ()
    clock: Any

    @property
    def hour(self) -> int:
        hour: int = self.clock.hour
        return hour

    @property
    def minute(self) -> int:
        minute: int = self.clock.minute
        return minute

    @property
    def second(self) -> int:
        second: int = self.clock.second
        return second

    @property
    def microsecond(self) -> int:
        microsecond: int = self.clock.microsecond
        return microsecond

    @property
    def tzinfo(self) -> tzinfo | None:
        where: tzinfo | None = self.clock.tzinfo
        return where


@dataclass(frozen=True, slots=True)
class NanosecondTime(ClockFields):
    """A time of day: `clock`, and 1 to 999 nanoseconds more."""

    clock: time
    nanos: int

    def utcoffset(self) -> timedelta | None:
        return datetime.combine(date(1970, 1, 1), self.clock).utcoffset()


@dataclass(frozen=True, slots=True, order=True)
class LongDuration:
    """A days and time duration in nanoseconds."""

    nanos: int

    def __abs__(self) -> LongDuration:
        return LongDuration(abs(self.nanos))

    def __neg__(self) -> LongDuration:
        return LongDuration(-self.nanos)


AnyTime = time | NanosecondTime
AnyDuration = timedelta | LongDuration


def duration_nanos(span: AnyDuration) -> int:
    return span.nanos if isinstance(span, LongDuration) else span // ONE_MICROSECOND * 1000


def duration_of_nanos(nanos: int) -> AnyDuration:
    """OverflowError beyond 2^63 seconds."""
    if abs(nanos) > MAX_NANOS:
        raise OverflowError("duration")
    if not nanos % 1000:
        try:
            return timedelta(microseconds=nanos // 1000)
        except OverflowError:
            pass
    return LongDuration(nanos)


def nanos_since_midnight(clock: AnyTime) -> int:
    whole = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return whole * SECOND + clock.microsecond * 1000 + getattr(clock, "nanos", 0)


def time_of_nanos(nanos: int, where: tzinfo | None) -> AnyTime:
    """The time of day so long after midnight; ValueError for a whole day and more."""
    minutes, rest = divmod(nanos, 60 * SECOND)
    seconds, fraction = divmod(rest, SECOND)
    micros, left = divmod(fraction, 1000)
    clock = time(minutes // 60, minutes % 60, seconds, micros, where)
    return NanosecondTime(clock, left) if left else clock
