"""What a decision may rest on while a registry does not answer: the city's policy, by fact.

Three answers to the same silence. *refer*: nothing, an officer decides; so it is where nothing is
said. *cached*: a former answer of the registry about the same subject, read for the same service,
up to an age. *provisional*: grant now and ask on; the answer confirms, or an officer has the case.
Only services that the law lets grant so do (``services.pack.provisional``).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from city.source import Path as Place

Fault = Callable[[Place, str, str], None]
REFERS = "refer"
LONGEST = datetime.timedelta(days=366)  # that a former answer may be old, in any city
CONFIRM_MOST = 60  # days in which what was granted provisionally is confirmed


@dataclass(frozen=True, slots=True)
class Confirming:
    """Within how many days a provisional approval is confirmed, and what becomes of its
    certificate where nobody has answered by then: suspended until an officer decides, or ended."""

    days: int
    unit: Literal["working", "calendar"]
    otherwise: Literal["suspend", "lapse"]


@dataclass(frozen=True, slots=True)
class WhenUnanswered:
    """The policy of one fact; neither: an officer. ``cached``: the most that an answer is old."""

    cached: datetime.timedelta | None = None
    provisional: Confirming | None = None


REFER = WhenUnanswered()


@dataclass(frozen=True, slots=True)
class Freshness:
    """The policies of a registry: ``fields`` by name, ``default`` of all others."""

    default: WhenUnanswered = REFER
    fields: Mapping[str, WhenUnanswered] | None = None

    def of(self, field: str) -> WhenUnanswered:
        """Return the policy of a field."""
        return (self.fields or {}).get(field, self.default)


def read(part: Mapping[str, Any], place: Place, fault: Fault) -> Freshness:
    """Return the policies of a registry as its entry writes them; ``fault`` takes what is wrong."""
    written = part.get("when_unanswered")
    if written is None:
        return Freshness()
    place = (*place, "when_unanswered")
    if part["answered_by"] != "agency" and written != REFERS:
        fault(
            place,
            "只有外部门的数据源会不答复；本市自有库的，请删去 when_unanswered",
            "only another agency can fail to answer: take when_unanswered out",
        )
    default = _policy(written, place, fault)
    of_fields = written.get("fields", {}) if isinstance(written, Mapping) else {}
    found = {}
    for name, one in of_fields.items():
        if name not in part["fields"]:
            have = "、".join(part["fields"])
            fault(
                (*place, "fields", name),
                f"没有字段 {name}；应为 {have} 之一，或在 fields 中补充该字段",
                f"there is no field {name}: name one of {', '.join(part['fields'])}",
            )
        found[name] = _policy(one, (*place, "fields", name), fault)
    return Freshness(default, found)


def _policy(written: Any, place: Place, fault: Fault) -> WhenUnanswered:
    if written == REFERS:
        return REFER
    age = written.get("cached")
    confirmed = written.get("provisional")
    return WhenUnanswered(
        None if age is None else _age(age, (*place, "cached"), fault),
        None if confirmed is None else _confirming(confirmed, (*place, "provisional"), fault),
    )


def _age(written: Mapping[str, Any], place: Place, fault: Fault) -> datetime.timedelta:
    age = datetime.timedelta(**{unit: int(number) for unit, number in written.items()})
    if not datetime.timedelta() < age <= LONGEST:
        fault(
            place,
            "用过的答复须有期限：一分钟至三百六十六天，例如 {days: 7}；不得使用的写 refer",
            "a former answer may be from a minute to 366 days old, such as {days: 7};"
            " where none may be used, write refer",
        )
        return LONGEST
    return age


def _confirming(written: Mapping[str, Any], place: Place, fault: Fault) -> Confirming:
    days = int(written["days"])
    if not 1 <= days <= CONFIRM_MOST:
        fault(
            (*place, "days"),
            f"核实期限为 1 至 {CONFIRM_MOST} 日",
            f"it is confirmed within 1 to {CONFIRM_MOST} days",
        )
    return Confirming(days, written["unit"], written["otherwise"])
