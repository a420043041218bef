"""What a visitor of a demo cannot know by heart: addresses that the fictional city has."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from exchange.city import City

SEED = 2026  # of the demo's city, as ``manage.py seed`` lays it
NANSHAN = "440305"
USES = {
    "residential": {"zh": "南山区住宅", "en": "a home in Nanshan"},
    "commercial": {"zh": "南山区商铺", "en": "a shop in Nanshan"},
}


@lru_cache(maxsize=1)
def demo_places() -> list[dict[str, Any]]:
    """Return one address to live at and one to trade at; nothing outside a demo."""
    if not settings.DEMO:
        return []
    city = City(SEED)
    found: dict[str, dict[str, Any]] = {}
    for index in range(1000):
        place = city.address(index)
        good = place.exists and not place.disputed and place.region == NANSHAN
        if good and place.use in USES and place.use not in found:
            found[place.use] = {"code": place.code, "words": USES[place.use]}
        if len(found) == len(USES):
            break
    return [found[use] for use in USES if use in found]
