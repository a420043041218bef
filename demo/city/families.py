"""Who is married to whom, whose child lives here, where people are registered, who was just born.

Families are drawn within blocks of eight neighbours by index, so that anybody's is found without a
table; the personas' are cast by hand. What was planted is said at each share below.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from demo.city.draws import Draw
from demo.city.people import DAY, KNOWN_ON, Person
from demo.city.personas import FIRST
from demo.city.places import HOME

if TYPE_CHECKING:
    from demo.city import City

BLOCK = 8
YEAR = datetime.timedelta(days=366)
GAP = range(20, 47)  # years between a parent and a child
NEWBORN = 28  # days before the city's day within which the newest are born
# of marriages: not in the registry (paper-era), abroad, a second one, ended
UNRECORDED, ABROAD, AGAIN, DIVORCED = 0.03, 0.02, 0.05, 0.04
# of couples: who have a newborn; of births: at home, without a father on record
BORN, AT_HOME, NO_FATHER = 0.5, 0.03, 0.03
SECOND_CHILD = 0.15  # of parents of grown-up children
# husband, wife, wedding; the last is too short ago to join a spouse
COUPLES = (
    (34, 24, datetime.date(2019, 5, 20)),
    (32, 28, datetime.date(2025, 9, 9)),
)
PARENTS = {26: (30,)}
MOTHERS = {24: 34}  # of newborns, with the father


@dataclass(frozen=True, slots=True)
class Marriage:
    """``state``: married, divorced, widowed. ``spouse``: by index; None once it has ended."""

    state: str
    spouse: int | None
    since: datetime.date
    times: int
    abroad: bool


@dataclass(frozen=True, slots=True)
class Household:
    """Where somebody is registered in the city, and since when."""

    address: str
    region: str
    since: datetime.date


@dataclass(frozen=True, slots=True)
class Birth:
    """One birth by its record; parents by index, ``place``: hospital, home."""

    record: str
    mother: int
    father: int | None
    born: datetime.date
    sex: str  # M, F
    place: str


@dataclass(frozen=True, slots=True)
class _Family:
    """Those of a block who belong together, by index."""

    husband: Person | None = None
    wife: Person | None = None
    wedding: datetime.date = KNOWN_ON
    children: tuple[tuple[int, tuple[int, ...]], ...] = ()  # of elders


def marriage(city: "City", i: int) -> Marriage | None:
    """Return the latest marriage of a person that the registry has, or None."""
    couple = _couple(city, i)
    if couple is None:
        return None
    husband, wife, wedding = couple
    other = wife if i == husband.index else husband
    if husband.index < FIRST:
        return Marriage("married", other.index, wedding, 1, abroad=False)
    draw = Draw(city.seed, "marriage", husband.index)
    fault = draw.weigh(
        (("unrecorded", UNRECORDED), ("abroad", ABROAD), ("again", AGAIN), ("over", DIVORCED)), ""
    )
    if fault == "unrecorded":
        return None
    state = "divorced" if fault == "over" else "married" if other.alive else "widowed"
    spouse = other.index if state == "married" else None
    return Marriage(state, spouse, wedding, 2 if fault == "again" else 1, fault == "abroad")


def children(city: "City", i: int) -> tuple[int, ...]:
    """Return the grown-up children of a person, by index."""
    if i < FIRST:
        return PARENTS.get(i, ())
    return dict(_family(city, (i - FIRST) // BLOCK).children).get(i, ())


def household(city: "City", i: int) -> Household | None:
    """Return the registration of somebody who is registered in the city; of others None."""
    person = city.person(i)
    if person.hukou_region not in HOME:
        return None
    address = _home(city, _head_of_household(city, i))
    return Household(address, address[:6], _registered_since(city, person))


def _head_of_household(city: "City", i: int) -> int:
    """Return at whose home somebody is registered: a couple of this city lives at the husband's."""
    couple = _couple(city, i)
    if couple is None or any(one.hukou_region not in HOME for one in couple[:2]):
        return i
    return couple[0].index


def _registered_since(city: "City", person: Person) -> datetime.date:
    """Return the day of birth, by a number of this city; else one since they turned 20."""
    if person.number[:6] in HOME:
        return person.born
    days = max(1, (KNOWN_ON - person.born - 20 * YEAR).days)
    return KNOWN_ON - DAY * Draw(city.seed, "household", person.index).below(days)


def births(city: "City", by: datetime.date = KNOWN_ON) -> list[Birth]:
    """Return the newest births, all within ``NEWBORN`` days of the day ``by``."""
    blocks = range((city.persons - FIRST) // BLOCK)
    found = [_birth(city, mother, father, by) for mother, father in MOTHERS.items()]
    for block in blocks:
        family = _family(city, block)
        if family.husband is None or family.wife is None or not family.wife.alive:
            continue
        if Draw(city.seed, "births", block).chance(BORN):
            found.append(_birth(city, family.wife.index, family.husband.index, by))
    return found


def _birth(city: "City", mother: int, father: int, by: datetime.date) -> Birth:
    draw = Draw(city.seed, "birth", mother)
    planted = "" if mother < FIRST else draw.weigh((("home", AT_HOME), ("one", NO_FATHER)), "")
    return Birth(
        record=f"B44{mother:07d}",
        mother=mother,
        father=None if planted == "one" else father,
        born=by - DAY * draw.below(NEWBORN),
        sex="M" if draw.below(2) else "F",
        place="home" if planted == "home" else "hospital",
    )


def _couple(city: "City", i: int) -> tuple[Person, Person, datetime.date] | None:
    if i < FIRST:
        for husband, wife, wedding in COUPLES:
            if i in (husband, wife):
                return city.person(husband), city.person(wife), wedding
        return None
    family = _family(city, (i - FIRST) // BLOCK)
    if family.husband is None or family.wife is None:
        return None
    if i not in (family.husband.index, family.wife.index):
        return None
    return family.husband, family.wife, family.wedding


@lru_cache(maxsize=256)
def _family(city: "City", block: int) -> _Family:
    first = FIRST + block * BLOCK
    members = [city.person(i) for i in range(first, min(first + BLOCK, city.persons))]
    workers = [one for one in members if one.group == "worker"]
    husband = next((one for one in workers if one.sex == "M"), None)
    wife = next((one for one in workers if one.sex == "F"), None)
    grown = {}
    for elder in members:
        if elder.group == "elder":
            fit = [one.index for one in workers if one.born.year - elder.born.year in GAP]
            more = Draw(city.seed, "children", elder.index).chance(SECOND_CHILD)
            grown[elder.index] = tuple(fit[: 2 if more else 1])
    if husband is None or wife is None:
        return _Family(children=tuple(grown.items()))
    youngest = max(husband.born, wife.born)
    days = min(15 * 365, max(1, (KNOWN_ON - youngest - 22 * YEAR).days))
    wedding = KNOWN_ON - DAY * Draw(city.seed, "wedding", block).below(days)
    return _Family(husband, wife, wedding, tuple(grown.items()))


def _home(city: "City", i: int) -> str:
    """Return an address that stands and may be lived at; where few do, the first that is drawn."""
    draw = Draw(city.seed, "home", i)
    place = city.address(draw.below(city.addresses))
    for _try in range(50):
        if place.exists and place.use in ("residential", "mixed"):
            break
        place = city.address(draw.below(city.addresses))
    return place.code
