"""Deaths, disabilities, assistance: what three registries hold of each person, with faults.

Plain facts, drawn by the person's number, so that an oracle that shares no code with the rules
reads the same. What was planted is named by ``fault``.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from demo.city.draws import Draw
from demo.city.people import DAY, KNOWN_ON, Person
from demo.city.personas import FIRST, index

Data = dict[str, Any]
KINDS = ("visual", "hearing", "speech", "physical", "intellectual", "mental", "multiple")
SOURCES = ("hospital", "funeral", "police")
HAVE_DISABILITY = {"elder": 0.12, "worker": 0.04, "graduate": 0.02, "minor": 0.02}


@dataclass(frozen=True, slots=True)
class Disability:
    kind: str
    grade: int  # 1, the most severe, to 4
    card: str
    since: datetime.date
    valid_until: datetime.date
    state: str  # valid, frozen, cancelled
    reassess_by: datetime.date | None


@dataclass(frozen=True, slots=True)
class Welfare:
    """``fault``: no_death_record and wrong_death_record (population and deaths contradict each
    other), card_lapsed, card_cancelled, reassessment, low_income_over, benefit_elsewhere,
    no_account; or empty.
    """

    fault: str
    death: tuple[datetime.date, str] | None
    disability: Disability | None
    low_income: tuple[datetime.date, datetime.date | None] | None
    has_account: bool
    benefits: tuple[tuple[str, str], ...]  # number, kind


FAULTS = (
    ("card_lapsed", 0.04),
    ("card_cancelled", 0.02),
    ("reassessment", 0.03),
    ("low_income_over", 0.03),
    ("benefit_elsewhere", 0.03),
    ("no_account", 0.03),
    ("wrong_death_record", 0.005),
)
PERSONA = index("disabled")


def welfare(t: Person) -> Welfare:
    """Return what is so of a person. A persona has no fault of these kinds."""
    draw = Draw("welfare", t.number)
    fault = draw.weigh(FAULTS, "") if t.index >= FIRST else ""
    if not t.alive:
        fault = "no_death_record" if draw.chance(0.1) and t.index >= FIRST else ""
    disability = _disability(draw, t, fault)
    is_low = draw.chance(0.4 if disability else 0.03)
    low_income = _low_income(draw, fault) if is_low else None
    return Welfare(
        fault=fault,
        death=_death(draw, t, fault),
        disability=disability,
        low_income=low_income,
        has_account=fault != "no_account",
        benefits=_benefits(draw) if fault == "benefit_elsewhere" else (),
    )


def _death(draw: Draw, t: Person, fault: str) -> tuple[datetime.date, str] | None:
    if fault == "no_death_record" or (t.alive and fault != "wrong_death_record"):
        return None
    return KNOWN_ON - DAY * (1 + draw.below(900)), draw.choose(SOURCES)


def _disability(draw: Draw, t: Person, fault: str) -> Disability | None:
    if t.index == PERSONA:
        grade = 1
    elif t.index < FIRST or not draw.chance(HAVE_DISABILITY[t.group]):
        return None
    else:
        grade = 1 + draw.below(4)
    since = KNOWN_ON - DAY * (200 + draw.below(2800))
    until = datetime.date(since.year + 10, since.month, min(since.day, 28))
    if fault == "card_lapsed":
        until = KNOWN_ON - DAY * (1 + draw.below(300))
    return Disability(
        kind=draw.choose(KINDS),
        grade=grade,
        card=f"4{draw.below(10_000_000):07d}",
        since=since,
        valid_until=until,
        state="cancelled" if fault == "card_cancelled" else "valid",
        reassess_by=KNOWN_ON - DAY * draw.below(60) if fault == "reassessment" else None,
    )


def _low_income(draw: Draw, fault: str) -> tuple[datetime.date, datetime.date | None]:
    since = KNOWN_ON - DAY * (30 + draw.below(1500))
    return since, KNOWN_ON - DAY * (1 + draw.below(29)) if fault == "low_income_over" else None


def _benefits(draw: Draw) -> tuple[tuple[str, str], ...]:
    kinds = ("old_age", "care", "injury_care", "destitute", "disability")
    return ((f"BN{draw.below(100_000_000):08d}", draw.choose(kinds)),)


def death(t: Person) -> Data | None:
    """死亡: one record of whoever has died."""
    found = welfare(t).death
    return {"date": found[0].isoformat(), "source": found[1]} if found else None


def disability(t: Person) -> Data | None:
    """残疾人证: one record of whoever has, or had, a card."""
    found = welfare(t).disability
    if found is None:
        return None
    return {
        "kind": found.kind,
        "grade": str(found.grade),
        "card": found.card,
        "since": found.since.isoformat(),
        "valid_until": found.valid_until.isoformat(),
        "state": found.state,
        "reassess_by": found.reassess_by.isoformat() if found.reassess_by else None,
    }


def assistance(t: Person) -> Data | None:
    """社会救助与福利: of the old, of those with a disability, and of low-income households."""
    found = welfare(t)
    if t.group != "elder" and found.disability is None and found.low_income is None:
        return None
    since, until = found.low_income or (None, None)
    return {
        "low_income_since": since.isoformat() if since else None,
        "low_income_until": until.isoformat() if until else None,
        "account": found.has_account,
        "benefits": [{"id": number, "kind": kind} for number, kind in found.benefits],
    }


OF_PERSONS = {"death": death, "disability": disability, "assistance": assistance}
