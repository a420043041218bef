"""What a program sends for each persona, and what comes of it: a developer's first cases."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from approvals.states import State
from demo.city import City, Place, cohort_on
from demo.city.personas import PERSONAS, Persona, index
from services import catalogue

FOOD_SCOPE, PLAIN_SCOPE = "H6210", "F5299"  # 正餐服务 needs the food office's permit first
GRADUATES, TRADERS = "graduate_settlement", "sole_trader"

# How far each comes by itself. Not said of those whose own services ask for more than this form.
OUTCOMES: dict[str, State] = {
    "graduate": State.APPROVED,
    "degree_missing": State.REVIEW,
    "name_mismatch": State.REVIEW,
    "criminal": State.REVIEW,
    "credit_hit": State.REVIEW,
    "already_local": State.REVIEW,
    "graduated_long_ago": State.REVIEW,
    "part_time": State.REVIEW,
    "below_level": State.REVIEW,
    "registry_silent": State.REVIEW,  # after some tries
    "degree_revoked": State.REVIEW,
    "capacity_limited": State.REVIEW,
    "trader": State.APPROVED,
    "trader_food": State.WAITING,  # for the food office, whose stand-in may answer at once
    "trader_banned": State.REVIEW,
    "trader_unknown_address": State.RETURNED,
    "trader_minor": State.REVIEW,
    "trader_limited": State.REVIEW,
    "trader_credit_hit": State.APPROVED,  # a debtor may trade; a settlement asks about it
    "trader_ban_over": State.APPROVED,
    "deceased": State.REVIEW,
}


@dataclass(frozen=True, slots=True)
class Example:
    """A persona, its body for POST /api/v1/applications, and the state that it comes to."""

    persona: Persona
    body: dict[str, Any]
    outcome: State


def examples(on: datetime.date) -> Iterator[Example]:
    """Yield an example of each persona that has a known outcome, of services in force on a day."""
    city = City(cohort=cohort_on(on))
    for persona in PERSONAS:
        outcome = OUTCOMES.get(persona.kind.rstrip("_0123456789"))
        found = body(city, persona.kind, on) if outcome else None
        if outcome and found:
            yield Example(persona, found, outcome)


def body(city: City, kind: str, on: datetime.date) -> dict[str, Any] | None:
    """Return what a program sends for a persona; None while nobody can apply for its service."""
    someone, service = city.person(index(kind)), TRADERS if _trades(kind) else GRADUATES
    edition = catalogue.current(service, on)
    if edition is None:
        return None
    return {
        "service": service,
        "edition": edition.number,
        "applicant": {"kind": "person", "number": someone.number, "name": someone.name},
        "answers": trade(city, kind) if _trades(kind) else settlement(city),
    }


def _trades(kind: str) -> bool:
    return kind.startswith("trader")


def settlement(city: City) -> dict[str, Any]:
    home = next(_places(city, "residential"))
    return {"district": home.region, "address": home.code, "consent": True}


def trade(city: City, kind: str) -> dict[str, Any]:
    """Each persona's business has a name and a shop of its own: one of each is registered once."""
    unknown, turn = kind == "trader_unknown_address", index(kind)
    shop = next(islice(_places(city, "commercial"), turn, None))
    return {
        "trade_name": "栖迟"
        + "安柏采辰澄川淳芳枫岚青砚"[turn // 12]
        + "安柏采辰澄川淳芳枫岚青砚"[turn % 12],
        "scope": [FOOD_SCOPE if kind == "trader_food" else PLAIN_SCOPE],
        "premises": city.missing_address(0) if unknown else shop.code,
        "employees": 1,
        "consent": True,
    }


def _places(city: City, use: str) -> Iterator[Place]:
    """Yield the addresses of the city that may be used so by anybody."""
    places = map(city.address, range(city.addresses))
    return (p for p in places if p.exists and not p.disputed and p.use == use)
