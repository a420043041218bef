"""What a visitor of a demo cannot know: whom to log in as, and addresses of the fictional city."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from demo.city import City
from demo.city.personas import PERSONAS
from demo.city.places import HOME
from people.models import User

SEED = 2026  # of the demo's city, as ``manage.py seed`` loads it
USES = {
    "residential": {"zh": "{}住宅", "en": "a home in {}"},
    "commercial": {"zh": "{}商铺", "en": "a shop in {}"},
}


def context(request: HttpRequest) -> dict[str, object]:
    """Return, for templates, ``personas`` and ``demo_places``; each is read when it is shown."""
    if not settings.DEMO:
        return {}
    return {
        "personas": SimpleLazyObject(personas),
        "demo_places": SimpleLazyObject(demo_places),
    }


def personas() -> list[dict[str, object]]:
    """Return the fictional citizens who can log in: ``username``, ``name``, ``words`` (zh, en).

    Further persons of the same kind are left out.
    """
    accounts = User.objects.filter(role=User.Role.CITIZEN, is_active=True)
    names = dict(accounts.values_list("username", "name"))
    return [
        {"username": p.kind, "name": names[p.kind], "words": {"zh": p.zh, "en": p.en}}
        for p in PERSONAS
        if p.kind in names and not p.kind[-1].isdigit()
    ]


def _named(words: dict[str, str], zh: str, en: str) -> dict[str, str]:
    return {"zh": words["zh"].format(zh), "en": words["en"].format(en)}


@lru_cache(maxsize=1)
def demo_places() -> list[dict[str, Any]]:
    """Return one address to live at and one to trade at: ``code`` and ``words`` (zh, en)."""
    city, district = City(SEED), HOME[len(HOME) // 4]
    names = settings.CITY.regions[district].zh, settings.CITY.regions[district].en
    found: dict[str, dict[str, Any]] = {}
    for index in range(1000):
        place = city.address(index)
        good = place.exists and not place.disputed and place.region == district
        if good and place.use in USES and place.use not in found:
            found[place.use] = {"code": place.code, "words": _named(USES[place.use], *names)}
        if len(found) == len(USES):
            break
    return [found[use] for use in USES if use in found]
