"""Applications drawn from the city with a seed: who, what they answer, and what is so of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from demo.city import City, Person, Place

PLAIN_SCOPE = ("F5299", "I6513", "M7492")  # no permit before the licence
FIRST_EDITION = 1  # a benchmark's database has no other
FOOD_SCOPE = "H6210"  # 正餐服务: needs the food office's approval first


@dataclass(frozen=True, slots=True)
class Drawn:
    """One application to be made, with the person behind it for an oracle."""

    service: str
    person: Person
    answers: dict[str, Any]
    place: Place | None  # None: the address code names nothing

    def body(self) -> dict[str, Any]:
        """Return the body of ``POST /api/v1/applications``."""
        return {
            "service": self.service,
            "edition": FIRST_EDITION,
            "applicant": {
                "kind": "person",
                "number": self.person.number,
                "name": self.person.name,
            },
            "answers": self.answers,
        }


def draw(city: City, count: int, *, seed: int) -> Iterator[Drawn]:
    """Yield ``count`` applications of both services, each for another citizen."""
    random_ = random.Random(seed)
    graduates = random_.sample(list(city.members("graduate")), (count + 1) // 2)
    workers = random_.sample(list(city.members("worker")), count // 2)
    for turn in range(count):
        if turn % 2 == 0:
            yield _graduate(city, city.person(graduates[turn // 2]), random_)
        else:
            yield _trader(city, city.person(workers[turn // 2]), random_)


def _address(city: City, random_: random.Random, uses: tuple[str, ...]) -> Place:
    """Most people give an address that will do; the search is bounded by the city's size."""
    for _ in range(city.addresses):
        place = city.address(random_.randrange(city.addresses))
        if place.use in uses and place.exists and not place.disputed:
            return place
    raise ValueError(f"the city has no address for {uses}")


def _place(city: City, random_: random.Random, uses: tuple[str, ...]) -> tuple[str, Place | None]:
    chance = random_.random()
    if chance < 0.02:
        return city.missing_address(random_.randrange(1000)), None
    if chance < 0.06:
        anywhere = city.address(random_.randrange(city.addresses))
        return anywhere.code, anywhere
    place = _address(city, random_, uses)
    return place.code, place


# of names that nobody has yet: five of sixty characters, no two cases alike in practice
NAME_CHARACTERS = (
    "安柏采辰澄川春淳德帆芳枫福谷海涵禾恒鸿华嘉锦景静君凯康兰朗乐"
    "黎丽林凌茂梅明沐宁鹏清庆泉仁荣瑞润森善书舒思松泰甜文溪祥欣雅"
)


def _graduate(city: City, person: Person, random_: random.Random) -> Drawn:
    code, place = _place(city, random_, ("residential", "mixed"))
    district = place.region if place and random_.random() > 0.02 else "440305"
    answers = {"district": district, "address": code, "consent": True}
    return Drawn("graduate_settlement", person, answers, place)


def _trader(city: City, person: Person, random_: random.Random) -> Drawn:
    code, place = _place(city, random_, ("commercial", "mixed"))
    scope = [random_.choice(PLAIN_SCOPE)]
    if random_.random() < 0.06:
        scope.append(FOOD_SCOPE)
    answers = {
        "trade_name": "".join(random_.choices(NAME_CHARACTERS, k=5)),
        "scope": scope,
        "premises": code,
        "employees": 1 + random_.randrange(5),
        "consent": True,
    }
    return Drawn("sole_trader", person, answers, place)
