"""What ought to happen to an application, from what is so. Shares no code with the judge.

Written from the services' descriptions and the law, over the city's facts: plain Python, one
function a service, so that a clerk could check it line by line.
"""

import datetime

from benchmarks.cases import FOOD_SCOPE, Drawn
from demo.city import Person

HOME_CITY = "4403"
LEVELS = {"专科", "本科", "硕士", "博士"}


def expected(drawn: Drawn, on: datetime.date) -> str:
    """Return the state in which the case must come to rest: approved, returned, review, waiting."""
    judge = {"graduate_settlement": _graduate, "sole_trader": _trader}[drawn.service]
    return judge(drawn, on)


def _years(day: datetime.date, years: int) -> datetime.date:
    """The same day so many years on; 29 February becomes 28 in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _graduate(drawn: Drawn, on: datetime.date) -> str:
    person, degree = drawn.person, drawn.person.degree
    provable = (
        "education" not in person.silent
        and person.alive
        and person.capacity == "full"
        and person.hukou_city != HOME_CITY
        and degree is not None
        and degree.name == person.name
        and degree.level in LEVELS
        and degree.full_time
        and not degree.revoked
        and degree.graduated <= on <= _years(degree.graduated, 2)
        and on < _years(person.born, 45)
        and not person.crimes
        and not person.debts
    )
    if not provable:
        return "review"
    place = drawn.place
    liveable = (
        place is not None
        and place.exists
        and place.region == drawn.answers["district"]
        and place.use in ("residential", "mixed")
    )
    return "approved" if liveable else "returned"


def _adult(person: Person, on: datetime.date) -> bool:
    return _years(person.born, 18) <= on


def _trader(drawn: Drawn, on: datetime.date) -> str:
    person, place = drawn.person, drawn.place
    fit = (
        person.alive
        and person.capacity == "full"
        and _adult(person, on)
        and (person.banned_until is None or person.banned_until < on)
    )
    stands = place is not None and place.exists
    if not fit or (stands and (place.disputed or place.use == "residential")):
        return "review"
    if not stands:
        return "returned"
    return "waiting" if FOOD_SCOPE in drawn.answers["scope"] else "approved"
