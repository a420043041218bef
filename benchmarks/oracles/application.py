"""What an oracle of the enterprises' services is given, and what it says."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]
Reasons = Iterator[tuple[str, str]]  # a condition that does not hold, and what follows

SILENT: Record = {"silent": True}  # nobody answered, which says nothing
ABSENT: Record = {"absent": True}  # the registry answered that there is no record

# what follows: the applicant can put it right, a person has to look, nobody knows, another waits
RETURN, REFER, UNKNOWN, WAIT = "return", "refer", "unknown", "wait"


@dataclass(frozen=True, slots=True)
class Application:
    """``records``: raw, by the entries of the service's registries; of several persons by number.

    ``consents``: what other agencies and those who have to sign said: asked, granted, denied.
    """

    on: datetime.date
    answers: Mapping[str, Any]
    records: Mapping[str, Record]
    consents: Mapping[str, str] = field(default_factory=dict)


def outcome(reasons: Iterable[tuple[str, str]]) -> str:
    """Return approve, return, refer or wait: doubt goes to a person first."""
    follows = {what for _condition, what in reasons}
    if follows & {REFER, UNKNOWN}:
        return REFER
    if RETURN in follows:
        return RETURN
    return WAIT if WAIT in follows else "approve"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def years_after(start: datetime.date, years: int) -> datetime.date:
    """The same day so many years on; 29 February becomes 28 in a common year."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)
