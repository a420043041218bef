"""Where a business is run from: the address registry, and 民法典 §279 on dwellings."""

from collections.abc import Mapping

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case, Condition

USES = ("commercial", "mixed")


def is_in_city(case: Case) -> bool:
    return str(case.of("address")["region"]).startswith(c.CITY)


def is_undisputed(case: Case) -> bool:
    return case.of("address")["disputed"] is False


def is_for_business(case: Case) -> bool:
    """A dwelling needs the consent of the owners concerned, which a person reads: until then what
    was handed in says nothing.
    """
    use, handed_in = case.of("address")["use"], case.answers.get("owners_consent")
    if use not in USES and isinstance(handed_in, list):
        raise c.Silent("owners_consent")
    return use in USES or handed_in is True


WHERE: Mapping[str, Condition] = {
    "premises_exist": c.address_exists,
    "premises_city": c.where(c.address_exists, is_in_city),
}
CONDITIONS: Mapping[str, Condition] = {
    **WHERE,
    "premises_disputed": c.where(c.address_exists, is_undisputed),
    "premises_use": c.where(c.address_exists, is_for_business),
}
CORRECTABLE = frozenset(WHERE)
SAME_WHERE = {"premises": "premises_exist", "premises_city": "premises_city"}
SAME = {
    **SAME_WHERE,
    "premises_use": "premises_use",
    "premises_undisputed": "premises_disputed",
}


def has_line(*lines: str) -> Condition:
    """Return a condition: one of these lines of business is applied for."""
    return lambda case: any(line in lines for line in case.answers["scope"])
