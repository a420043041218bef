"""Values as FEEL text, which reads back as the same value."""

from __future__ import annotations

import re
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
        case Decimal():
            return plain(value)
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
        case datetime() | ExtendedDateTime():
            return f'@"{write_date_time(value)}"'
        case date() | ExtendedDate():
            return f'@"{value.isoformat()}"'
        case time() | NanosecondTime():
            return f'@"{write_time(value)}"'
        case timedelta() | LongDuration() | YearsMonths():
            return f'@"{write_duration(value)}"'
        case list():
            return "[" + ", ".join(map(to_feel, value)) + "]"
        case dict():
            keys = ((k if _WORD.fullmatch(k) else to_feel(k), v) for k, v in value.items())
            return "{" + ", ".join(f"{k}: {to_feel(v)}" for k, v in keys) + "}"
        case Range():
            return range_text(value)
    raise FeelTypeError("value.text", "此值不能写成文字", f"{value!r} has no written form")


def range_text(value: Range) -> str:
    if value.low is None:
        return f"({'<=' if value.high_closed else '<'} {to_feel(value.high)})"
    if value.high is None:
        return f"({'>=' if value.low_closed else '>'} {to_feel(value.low)})"
    left, right = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{left}{to_feel(value.low)}..{to_feel(value.high)}{right}"
