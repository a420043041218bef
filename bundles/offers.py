"""Which bundles a city offers on a day, and in which editions of their services."""

import datetime
from collections.abc import Collection, Mapping

from django.conf import settings

from city.bundles import Bundle
from services import catalogue
from services.bundles import Joint, faults, join
from services.rulebook import Rulebook


def books(bundle: Bundle, on: datetime.date) -> dict[str, Rulebook]:
    """Return the editions in force of a bundle's services, by service; those that are open."""
    found = {}
    for step in bundle.steps.values():
        if (edition := catalogue.current(step.service, on)) is not None:
            found[step.service] = catalogue.rulebook(edition)
    return found


def is_open(bundle: Bundle, there: Mapping[str, Rulebook]) -> bool:
    """Whether everything that always belongs to a bundle can be applied for, in one form."""
    needed = {step.service for step in bundle.steps.values() if step.choice is None}
    groups = [{bundle.steps[code].service for code in group} for group in bundle.one_of]
    is_whole = needed <= there.keys() and all(group & there.keys() for group in groups)
    return is_whole and not any(faults(bundle, there))


def choices(bundle: Bundle, there: Mapping[str, Rulebook]) -> list[str]:
    """Return the steps that somebody may choose, in order: those whose service is open."""
    return [c for c, s in bundle.steps.items() if s.choice is not None and s.service in there]


def joint(bundle: Bundle, on: datetime.date, chosen: Collection[str] = ()) -> Joint | None:
    """Return the joint form of a bundle on a day; None where it takes no applications."""
    there = books(bundle, on)
    if not is_open(bundle, there):
        return None
    return join(bundle, there, [code for code in choices(bundle, there) if code in chosen])


def find(code: str) -> Bundle | None:
    """Return the city's bundle of a code."""
    return settings.CITY.bundles.get(code)


def of_event(event: str, on: datetime.date) -> list[Bundle]:
    """Return the bundles for a life event that take applications."""
    found = [one for one in settings.CITY.bundles.values() if one.life_event == event]
    return [one for one in found if is_open(one, books(one, on))]
