"""Enterprises and addresses of the synthetic city."""

import datetime
from dataclasses import dataclass

from demo.city.draws import Draw
from demo.city.names import enterprise_name, person_name
from demo.city.numbering import Numbering
from demo.city.places import CITY_NAME, DISTRICTS, STREETS
from demo.city.shares import Shares


@dataclass(frozen=True, slots=True)
class Enterprise:
    """One registered market entity; ``owner`` is a person's index, or None for an outsider."""

    index: int
    uscc: str
    name: str
    trade_name: str  # the distinctive part (字号)
    kind: str  # company, sole_trader
    state: str  # active, abnormal, revoked, deregistered
    scope: tuple[str, ...]
    capital: str | None  # yuan, as decimal text; sole traders have none
    established: datetime.date
    representative: str
    owner: int | None
    ended: datetime.date | None  # revoked or deregistered on


@dataclass(frozen=True, slots=True)
class Place:
    """One address: a room that a business may or may not be run from."""

    index: int
    code: str
    exists: bool
    region: str
    use: str  # commercial, residential, mixed
    disputed: bool
    text: str


_STATES = (("abnormal", 0.03), ("revoked", 0.02), ("deregistered", 0.05))
_ENDED = ("revoked", "deregistered")
_LAST = datetime.date(2026, 7, 1)  # by when those that ended had ended


def _ended(draw: Draw, established: datetime.date) -> datetime.date:
    """Return the day of an end: in a third of the cases of the last year, for names to rest."""
    days = (_LAST - established).days
    last = min(days, 365) if draw.chance(1 / 3) else days
    return _LAST - datetime.timedelta(draw.below(max(1, last)))


def enterprise(numbering: Numbering, j: int, owner: int | None, owner_name: str) -> Enterprise:
    """Return enterprise ``j``; a name is made up for an owner from outside."""
    draw = Draw(numbering.seed, "enterprise", j)
    uscc = numbering.enterprise(j)
    company = numbering.is_company(j)
    name, word, scope = enterprise_name(draw, company, DISTRICTS[uscc[2:8]][:2])
    state = draw.weigh(_STATES, "active")
    capital = str(draw.choose((100_000, 500_000, 1_000_000, 5_000_000))) if company else None
    established = datetime.date(2012, 1, 4) + datetime.timedelta(draw.below(5000))
    representative = owner_name or person_name(draw, draw.choose("MF"))
    return Enterprise(
        index=j,
        uscc=uscc,
        name=name,
        trade_name=word,
        kind="company" if company else "sole_trader",
        state=state,
        scope=scope,
        capital=capital,
        established=established,
        representative=representative,
        owner=owner,
        ended=_ended(draw, established) if state in _ENDED else None,
    )


def place(numbering: Numbering, shares: Shares, a: int) -> Place:
    """Return address ``a``."""
    draw = Draw(numbering.seed, "address", a)
    code = numbering.address(a)
    region = code[:6]
    use = (("residential", shares.residential_address), ("mixed", shares.mixed_address))
    street, gate = draw.choose(STREETS), 1 + draw.below(200)
    unit = f"{1 + draw.below(30)}{1 + draw.below(12):02d}"
    return Place(
        index=a,
        code=code,
        exists=not draw.chance(shares.gone_address),
        region=region,
        use=draw.weigh(use, "commercial"),
        disputed=draw.chance(shares.disputed_address),
        text=f"{CITY_NAME}{DISTRICTS[region]}{street}{gate}号{1 + draw.below(8)}栋{unit}室",
    )
