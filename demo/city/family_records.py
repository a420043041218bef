"""What the registries of marriages, births, kinship and households hold; persons by keyed index."""

from collections.abc import Callable, Iterator
from typing import Any

from demo.city import City, families
from demo.city.families import Birth
from demo.city.places import CITY

Data = dict[str, Any]
Index = Callable[[str], str]  # from a number to the index by which registries name its person
SEX = {"M": "男", "F": "女"}


def of_person(city: City, i: int, index: Index) -> Iterator[tuple[str, Data]]:
    """Yield the records of a person, with the code of the registry that has each."""
    if (married := families.marriage(city, i)) is not None:
        spouse = None if married.spouse is None else index(city.person(married.spouse).number)
        yield (
            "marriage",
            {
                "state": married.state,
                "spouse": spouse,
                "since": married.since.isoformat(),
                "times": str(married.times),
                "abroad": married.abroad,
            },
        )
    if (home := families.household(city, i)) is not None:
        yield (
            "household",
            {
                "city": CITY,
                "region": home.region,
                "address": home.address,
                "since": home.since.isoformat(),
            },
        )
    if kin := kinship(city, i, index):
        yield "kinship", kin


def kinship(city: City, i: int, index: Index) -> Data:
    """Return a person's guardians and grown-up children; nothing where there are none."""
    guardian = city.guardian(city.person(i))
    grown = families.children(city, i)
    if guardian is None and not grown:
        return {}
    named = (
        [] if guardian is None else [{"person": index(guardian[0].number), "relation": guardian[1]}]
    )
    children = [{"person": index(city.person(child).number)} for child in grown]
    return {"guardians": named, "children": children}


def birth(city: City, one: Birth, index: Index) -> Data:
    """Return the record of a birth, as its hospital or its midwife wrote it."""
    return {
        "child": None,  # by index, once there is a number
        "born": one.born.isoformat(),
        "sex": SEX[one.sex],
        "place": one.place,
        "mother": index(city.person(one.mother).number),
        "father": None if one.father is None else index(city.person(one.father).number),
        "registrations": [],
    }
