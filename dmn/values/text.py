"""Values as FEEL text, which reads back as the same value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from dmn.errors import FeelTypeError
from dmn.values.decimals import plain
from dmn.values.extended_dates import ExtendedDate, ExtendedDateTime
from dmn.values.kinds import Range
from dmn.values.nanoseconds import LongDuration, NanosecondTime
from dmn.values.temporal import YearsMonths, write_date_time, write_duration, write_time

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WORD = re.compile(r"[^\W\d]\w*")


def to_feel(value: object) -> str:
    """The value as FEEL text that reads back as the same value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
        case list():
            return "[" + ", ".join(map(to_feel, value)) + "]"
        case dict():
            keys = ((k if _WORD.fullmatch(k) else to_feel(k), v) for k, v in value.items())
            return "{" + ", ".join(f"{k}: {to_feel(v)}" for k, v in keys) + "}"
        case Range():
            return range_text(value)
    text = simple_text(value)
    if text is None:
        raise FeelTypeError("value.text", "此值不能写成文字", f"{value!r} has no written form")
    return text if isinstance(value, Decimal) else f'@"{text}"'


def simple_text(value: object) -> str | None:
    """The digits of a number, or a date, time or duration without `@`; None for other kinds."""
    match value:
        case Decimal():
            return plain(value)
        case datetime() | ExtendedDateTime():
            return write_date_time(value)
        case date() | ExtendedDate():
            return value.isoformat()
        case time() | NanosecondTime():
            return write_time(value)
        case timedelta() | LongDuration() | YearsMonths():
            return write_duration(value)
    return None


def range_text(value: Range, write: Callable[[object], str] = to_feel) -> str:
    """A range with its ends written by the function."""
    if value.low is None:
        return f"({'<=' if value.high_closed else '<'} {write(value.high)})"
    if value.high is None:
        return f"({'>=' if value.low_closed else '>'} {write(value.low)})"
    left, right = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{left}{write(value.low)}..{write(value.high)}{right}"
