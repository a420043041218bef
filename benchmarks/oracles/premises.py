"""Where a business is run from: the address registry, and 民法典 §279 on dwellings."""

from typing import Any

from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    WAIT,
    Reasons,
    Record,
)

CITY = "4403"
BUSINESS_USES = ("commercial", "mixed")


def against(address: Record, *, owners_consent: Any = None) -> Reasons:
    """``owners_consent``: files, or what an officer read in them (yes, no); None: nothing came.

    A dwelling needs the consent of the owners concerned, which a person reads.
    """
    yield from where(address)
    if address is SILENT:
        yield "premises_use", UNKNOWN
    elif _exists(address) and address["use"] not in BUSINESS_USES and owners_consent is not True:
        yield "premises_use", UNKNOWN if isinstance(owners_consent, list) else REFER


def where(address: Record) -> Reasons:
    """Whether it exists, in this city, undisputed."""
    if address is SILENT:
        conditions = ("premises_exist", "premises_city", "premises_disputed")
        yield from ((condition, UNKNOWN) for condition in conditions)
    elif not _exists(address):
        yield "premises_exist", RETURN
    else:
        if not (address["region"] or "").startswith(CITY):
            yield "premises_city", RETURN
        if address["disputed"]:
            yield "premises_disputed", REFER


def _exists(address: Record) -> bool:
    return address is not ABSENT and address["exists"] is True


def permits(lines: dict[str, tuple[str, ...]], scope: list[str], said: Any) -> Reasons:
    """Permits that other agencies give before the licence; ``lines``: permit -> lines."""
    for permit, needing in lines.items():
        if any(line in needing for line in scope) and said.get(permit) != "granted":
            yield permit, REFER if said.get(permit) == "denied" else WAIT
