"""Who can log in at the provider: the city's personas, and one whom the city does not know."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from demo.city import City
from demo.city.personas import PERSONAS
from people.numbers import id_number_check

LEVELS = ("urn:demo:password", "urn:demo:face")  # values of acr, the surest last
_ELSEWHERE = "51010719880808123"  # of 成都: in no register of the demo's city


@dataclass(frozen=True, slots=True)
class Someone:
    """A fictional person, by the name of the account."""

    username: str
    name: str
    number: str
    words: str


@lru_cache(maxsize=1)
def everybody() -> dict[str, Someone]:
    """Return all who have an account here, by its name."""
    city = City(settings.SEED, settings.PERSONS)
    found = [
        Someone(p.kind, city.person(p.index).name, city.person(p.index).number, p.zh)
        for p in PERSONAS
    ]
    number = _ELSEWHERE + id_number_check(_ELSEWHERE)
    found.append(Someone("from_elsewhere", "何远来", number, "本市没有任何记录的人"))
    return {someone.username: someone for someone in found}
