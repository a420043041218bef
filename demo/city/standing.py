"""How enterprises stand: shares, debts, taxes, wages and notices, with planted faults."""

import datetime
from dataclasses import dataclass
from typing import Any

from demo.city.draws import Draw
from demo.city.enterprises import Enterprise
from demo.city.numbering import Numbering

Data = dict[str, Any]
FAULTS = (  # of an enterprise that is active; the rest has nothing against it
    ("tax_owed", 0.04),
    ("invoices_open", 0.03),
    ("contributions_owed", 0.03),
    ("wages_owed", 0.02),
    ("shares_frozen", 0.02),
    ("shares_pledged", 0.02),
    ("debts", 0.03),
    ("needs_approval", 0.01),
    ("no_notice", 0.05),
    ("notice_young", 0.04),
    ("notice_old", 0.03),
    ("objected", 0.03),
)
LISTED = 2  # of a hundred enterprises, on the list of serious violations
NOTICE = 20  # days of a notice, and days after it within which one applies


@dataclass(frozen=True, slots=True)
class Standing:
    """Plain facts of one enterprise; ``fault`` names what was planted, or is empty."""

    fault: str
    tax_owed: int  # yuan
    invoices_open: int
    contributions_owed: int  # yuan
    wages_owed: bool
    shares_frozen: bool
    shares_pledged: bool
    debts: bool
    needs_approval: bool
    notice_from: datetime.date | None  # of companies alone
    objections: int
    premises: int  # index of an address


def standing(
    numbering: Numbering, entity: Enterprise, day: datetime.date, addresses: int
) -> Standing:
    """Return how an enterprise stands on ``day``, from which notices count."""
    draw = Draw(numbering.seed, "standing", entity.index)
    fault = draw.weigh(FAULTS, "") if entity.state == "active" else ""
    amount = 100 + draw.below(90_000)
    return Standing(
        fault=fault,
        tax_owed=amount if fault == "tax_owed" else 0,
        invoices_open=1 + draw.below(20) if fault == "invoices_open" else 0,
        contributions_owed=amount if fault == "contributions_owed" else 0,
        wages_owed=fault == "wages_owed",
        shares_frozen=fault == "shares_frozen",
        shares_pledged=fault == "shares_pledged",
        debts=fault == "debts",
        needs_approval=fault == "needs_approval",
        notice_from=_notice(draw, entity, fault, day),
        objections=1 + draw.below(3) if fault == "objected" else 0,
        premises=draw.below(addresses),
    )


def _notice(draw: Draw, entity: Enterprise, fault: str, day: datetime.date) -> datetime.date | None:
    if entity.kind != "company" or fault == "no_notice":
        return None
    # those who apply within the next days still do so in time
    age = {"notice_young": draw.below(10), "notice_old": 2 * NOTICE + 1 + draw.below(100)}
    return day - datetime.timedelta(age.get(fault, NOTICE + 1 + draw.below(NOTICE // 2)))


def fields(found: Standing, premises: str) -> Data:
    """Return what the enterprise registry says beside ``records.enterprise``, without persons."""
    return {
        "premises": premises,
        "shares_frozen": found.shares_frozen,
        "shares_pledged": found.shares_pledged,
        "debts": found.debts,
        "end_approval": found.needs_approval,
        "notice_from": found.notice_from.isoformat() if found.notice_from else None,
        "objections": str(found.objections),
    }


def taxation(found: Standing) -> Data:
    """Return what the tax registry says of an enterprise."""
    return {"owed": str(found.tax_owed), "invoices_open": str(found.invoices_open)}


def social(found: Standing) -> Data:
    """Return what the registry of social insurance says of an enterprise."""
    return {"owed": str(found.contributions_owed), "wages_owed": found.wages_owed}


def violations(numbering: Numbering, entity: Enterprise, day: datetime.date) -> Data | None:
    """Return what the list of serious violations says of an enterprise; of most nothing."""
    draw = Draw(numbering.seed, "violations", entity.index)
    if draw.below(100) >= LISTED:
        return None
    listed_on = day - datetime.timedelta(30 + draw.below(900))
    ground = "food" if draw.below(3) else "other"
    return {"listed": True, "ground": ground, "listed_on": listed_on.isoformat()}
