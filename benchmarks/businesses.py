"""Businesses drawn with a seed: what they are and do, as plain facts, and the answers they give."""

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FIRST_DAY = datetime.date(2017, 1, 1)  # five certificates in one licence; the rest came in 2018
FLAGS = ("foreign", "trade_abroad", "origin", "seal", "prepaid_cards", "graduate_startup")
WATERSHEDS = (  # days around which the catalogue changes: the day before and the day itself
    datetime.date(2018, 3, 1),
    datetime.date(2018, 4, 20),
    datetime.date(2020, 1, 1),
    datetime.date(2021, 7, 1),
)
SCOPE = (  # GB/T 4754-2017, as the form offers them
    *("A0511", "C3919", "F5191", "F5199", "F5211", "F5212", "F5232", "F5246", "F5274", "G5821"),
    *("G5941", "G5951", "H6210", "I6513", "I6531", "K7020", "K7030", "L7111", "L7124", "L7125"),
    *("L7249", "L7251", "L7263", "L7271", "L7291", "M7410", "M7481", "O8010", "R9013"),
)


@dataclass(frozen=True, slots=True)
class Business:
    """One business on one day. Capital in yuan, storage in tonnes."""

    day: datetime.date
    branch: bool
    scope: frozenset[str]
    employees: int
    foreign: bool
    trade_abroad: bool
    origin: bool
    seal: bool
    prepaid_cards: bool
    graduate_startup: bool
    grain_tonnes: int
    oil_tonnes: int
    parent_permit: bool
    parent_capital: int


def draw(count: int, *, seed: int, today: datetime.date) -> Iterator[Business]:
    """Yield ``count`` businesses, half of them today, the others on days since 2017."""
    for n in range(count):
        random_ = random.Random(f"{seed}/{n}")
        yield Business(
            day=_day(random_, today) if n % 2 else today,
            branch=random_.random() < 0.5,
            scope=frozenset(random_.sample(SCOPE, random_.randint(1, 8))),
            employees=random_.choice([0, 1, 50]),
            **{flag: random_.random() < 0.4 for flag in FLAGS},
            grain_tonnes=random_.choice([0, 499, 500]),
            oil_tonnes=random_.choice([0, 99, 100]),
            parent_permit=random_.random() < 0.85,
            parent_capital=random_.choice([1_999_999, 2_000_000]),
        )


def _day(random_: random.Random, today: datetime.date) -> datetime.date:
    if random_.random() < 0.5:
        return random_.choice(WATERSHEDS) - datetime.timedelta(days=random_.randrange(2))
    return FIRST_DAY + datetime.timedelta(days=random_.randrange((today - FIRST_DAY).days))


def answers(business: Business, blocks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the form asks about the business itself, with ``blocks`` for its filings."""
    values: dict[str, Any] = {
        "kind": "branch" if business.branch else "company",
        "trade_name": "恒瑞",
        "scope": sorted(business.scope),
        "premises": "440305-0000017",
        "employees": business.employees,
        "promise": True,
        "consent": True,
    }
    # a box that is not ticked is left out by browsers, and sent as false by programs
    for place, flag in enumerate(FLAGS):
        if getattr(business, flag) or (business.employees + place) % 2:
            values[flag] = getattr(business, flag)
    return values | ({"filings": blocks} if blocks else {})
