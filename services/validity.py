"""How long what an approval issues is valid (``certificate: valid``). Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from dmn.values.temporal import YearsMonths, add_months, read_duration
from services.rulebook import Rulebook, run_safely


def last_day(issued_on: datetime.date, valid: object) -> datetime.date | None:
    """Return the last day of what is issued on a day and valid for ``P5Y``, ``P6M`` or ``P90D``.

    ``valid``: so as text, as such a duration, or the last day itself; an empty text: without end,
    and None is returned. The first day does not count; the corresponding day of the last month is
    the last one, or that month's end (民法典 art. 201-202). Raises ``ValueError``.
    """
    if valid == "":
        return None
    if isinstance(valid, datetime.date) and valid >= issued_on:
        return valid
    length = read_duration(valid) if isinstance(valid, str) else valid
    if isinstance(length, YearsMonths) and length.months > 0:
        return add_months(issued_on, length.months)
    if isinstance(length, datetime.timedelta) and length.days > 0:
        return issued_on + length
    raise ValueError(f"a certificate cannot be valid for {valid!r}")


def expires(
    rulebook: Rulebook, values: Mapping[str, object], issued_on: datetime.date
) -> datetime.date | None:
    """Return the last day of what is issued on these facts; None: without end.

    Raises ``ValueError`` where they do not say how long, or the day has passed.
    """
    if rulebook.program.validity is None:
        kind = rulebook.certificate
        return last_day(issued_on, kind.valid if kind else "")
    return last_day(issued_on, run_safely(rulebook.program.validity, values))
