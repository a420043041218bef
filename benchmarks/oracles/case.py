"""One application as an oracle sees it: the answers and the raw records, on one day."""

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType
from typing import Any

CITY = "4403"


class Silent(Exception):
    """A registry did not answer, or not readably: what it would have said is unknown."""


class Record(dict[str, Any]):
    """What a registry said; of whom it has no record (``is_absent``) it says None throughout."""

    is_absent = False

    def __missing__(self, name: str) -> Any:
        if self.is_absent:
            return None
        raise Silent(name)


class Absent(Record):
    """The registry answered that it has no record."""

    is_absent = True


@dataclass(frozen=True)
class Case:
    """``own``: by registry, of the applicant or of what the answers name. ``others``: of persons
    whom a registry names, by (registry, index), or the answers list, by (registry, number). A
    registry that is in neither was silent. ``consents``: what other agencies said, and those who
    have to sign (``cosign``): asked, granted, denied.
    """

    service: str
    on: datetime.date
    answers: Mapping[str, Any]
    applicant: str  # by index
    own: Mapping[str, Record]
    others: Mapping[tuple[str, str], Record] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)

    def of(self, registry: str, person: str = "") -> Record:
        """Return a record; raises ``Silent`` where there was no answer."""
        found = self.others.get((registry, person)) if person else self.own.get(registry)
        if found is None:
            raise Silent(registry)
        return found


Condition = Callable[[Case], bool]


def holds(condition: Condition, case: Case) -> bool | None:
    """Return whether a condition is met; None: it cannot be known."""
    try:
        return bool(condition(case))
    except Silent:
        return None


def any_of(*conditions: Condition) -> Condition:
    """Return a condition that is met by any of several, whatever is unknown of the others."""

    def either(case: Case) -> bool:
        found = [holds(one, case) for one in conditions]
        if True not in found and None in found:
            raise Silent
        return True in found

    return either


def all_of(*conditions: Condition) -> Condition:
    """Return a condition that is not met as soon as one of several is not, whatever is unknown."""

    def every(case: Case) -> bool:
        found = [holds(one, case) for one in conditions]
        if False not in found and None in found:
            raise Silent
        return False not in found

    return every


def where(applies: Condition, condition: Condition) -> Condition:
    """Return a condition that is asked for only where another holds, or may hold."""
    return lambda case: not applies(case) or condition(case)


def expected(
    case: Case, conditions: Mapping[str, Condition], correctable: Collection[str]
) -> tuple[str, dict[str, bool | None]]:
    """Return the outcome (approve, return, refer) and each condition: met, unmet or unknown.

    The machine approves, asks for correction or hands over; it never refuses (许可法 §38).
    """
    found = {name: holds(condition, case) for name, condition in conditions.items()}
    against = {name for name, is_met in found.items() if is_met is not True}
    if not against:
        return "approve", found
    mendable = against <= set(correctable) and None not in found.values()
    return ("return" if mendable else "refer"), found


def decided(case: Case, oracle: ModuleType) -> tuple[str, dict[str, bool | None]]:
    """Return what must come of a case, and each condition; ``expected``, and whoever has a say.

    Where one of them says no a person looks; where one has not answered, nothing is granted.
    """
    outcome, found = expected(case, oracle.CONDITIONS, oracle.CORRECTABLE)
    said = {case.consents.get(item, "asked") for item in asked(case, oracle)}
    if "denied" in said:
        return "refer", found
    return ("wait" if outcome == "approve" and said - {"granted"} else outcome), found


def asked(case: Case, oracle: ModuleType) -> set[str]:
    """Return whose say a case needs, by consent (``CONSENTS`` of an oracle, where it has any)."""
    consents: Mapping[str, Condition] = getattr(oracle, "CONSENTS", {})
    return {item for item, needs in consents.items() if holds(needs, case)}


def day(record: Record, name: str) -> datetime.date | None:
    """Return a date of a record, or None where there is none."""
    written = record[name]
    if written is None:
        return None
    try:
        return datetime.date.fromisoformat(written)
    except ValueError as error:
        raise Silent(name) from error


def later(start: datetime.date, *, years: int = 0, months: int = 0) -> datetime.date:
    """Return the same day so much later; the month's last day where that month has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + years * 12 + months, 12)
    for back in range(4):
        try:
            return datetime.date(year, month + 1, start.day - back)
        except ValueError:
            continue
    raise ValueError(start)


def has_lasted(
    record: Record, name: str, on: datetime.date, *, years: int = 0, months: int = 0
) -> bool:
    """Return whether so much time has gone by since a date of a record, on the very day too."""
    start = day(record, name)
    return start is not None and later(start, years=years, months=months) <= on


def has_passed(record: Record, name: str, on: datetime.date, *, years: int) -> bool:
    """Return whether so much time is exceeded since a date of a record: its last day still counts
    (民法典 §202). Where there is no date, it is not.
    """
    start = day(record, name)
    return start is not None and later(start, years=years) < on


def is_over(record: Record, name: str, on: datetime.date) -> bool:
    """Return whether a last day of validity has gone by; where there is none, it has not."""
    last = day(record, name)
    return last is not None and last < on


def amount(record: Record, name: str) -> Decimal:
    """Return a sum of a record; of whom there is no record, there is none."""
    return Decimal(record[name] or 0)


def number(record: Record, name: str) -> int:
    """Return a count of a record; of whom there is no record, none is counted."""
    written = record[name]
    return 0 if written is None else int(written)


def is_living(case: Case) -> bool:
    return case.of("population")["alive"] is True


def is_capable(case: Case) -> bool:
    return case.of("population")["capacity"] == "full"


def is_local(case: Case) -> bool:
    return case.of("population")["hukou_city"] == CITY


def is_from_elsewhere(case: Case) -> bool:
    """Registered, but in another city; of nobody without a registration is that said."""
    return case.of("population")["hukou_city"] not in (None, CITY)


def has_own_name(registry: str) -> Condition:
    """Return a condition: a registry's record has the name of the population registry."""

    def same(case: Case) -> bool:
        name, other = case.of("population")["name"], case.of(registry)["name"]
        return name is not None and name == other

    return same


# an address to be registered at (户口登记条例 §10)
def address_exists(case: Case) -> bool:
    return case.of("address")["exists"] is True


def address_in_district(case: Case) -> bool:
    return bool(case.of("address")["region"] == case.answers["district"])


def address_is_home(case: Case) -> bool:
    return case.of("address")["use"] in ("residential", "mixed")


HOME: Mapping[str, Condition] = {
    "address_exists": address_exists,
    "address_in_district": where(address_exists, address_in_district),
    "address_is_home": where(address_exists, address_is_home),
}

# a pack's requirement -> the oracle's condition that it stands for, in the services that share them
SAME_PERSON = {"living": "living", "capacity": "capable"}
SAME_MOVER = {**SAME_PERSON, "mainland": "from_elsewhere", "not_local": "from_elsewhere"}
SAME_HOME = {
    "address": "address_exists",
    "address_district": "address_in_district",
    "address_use": "address_is_home",
}
