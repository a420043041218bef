"""Logs without identity numbers: whatever a careless address, message or traceback carries.

The last gate, not the only one: nothing of ours writes a number into a log on purpose.
"""

import datetime
import logging
import re
import traceback
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from telemetry import context

# 18 characters with a birth date in the middle (GB 11643), also inside a longer word
_NUMBER = re.compile(
    r"(?<![0-9])([1-9][0-9]{3})[0-9]{2}(?:19|20)[0-9]{6}([0-9]{3}[0-9Xx])(?![0-9])"
)


def masked(text: str) -> str:
    """Return ``text`` with every identity number in it masked, as ``people.identity.mask``."""
    return _NUMBER.sub(r"\1**********\2", text)


class Formatter(logging.Formatter):
    """Masks the whole record as it is written, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JSON(JsonFormatter):
    """One JSON object a line: ``at`` (UTC), ``level``, ``logger``, ``message``, and where known

    ``case`` (its number), ``trace`` (32 hexadecimal digits), ``exc_info``. What a library hangs on
    its records besides, a request and its arguments for one, is not written.
    """

    def __init__(self) -> None:
        super().__init__(["message"], json_ensure_ascii=False)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        log_data["at"] = at.isoformat(timespec="milliseconds")
        log_data |= {"level": record.levelname, "logger": record.name}
        log_data["message"] = record.message
        if number := context.case():
            log_data["case"] = number
        if trace := context.trace():
            log_data["trace"] = trace
        log_data |= message_dict

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's
        """Types and places alone: the text of an error has values in it, names among them."""
        lines: list[str] = []
        error, seen = ei[1], set[int]()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
