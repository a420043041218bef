"""What the desk says of a scan, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from offers import holding
from offers.actions.scanning import UNFIT
from offers.models import Offer, Scan, ScanReading
from offers.queries import Worth
from people.language import in_language, language, listed
from services import divisions, scanning
from services.rulebook import Rulebook

COUNTS = {
    "eligible": _("meet every condition"),
    "offered": _("have a new offer"),
    holding.HOLDS: _("have it already"),
    holding.IN_HAND: _("have applied for it"),
    holding.ASKED: _("have an offer that they have not answered"),
    holding.ANSWERED: _("have answered an offer, and are not asked again yet"),
    UNFIT: _("meet every condition, but the form could not be answered for them"),
}


ALONE = {
    scanning.TABLE: _("it rests on a decision table"),
    scanning.LIST: _("it goes through a list"),
    scanning.NAMES: _("it compares names"),
}


def amount(worth: Worth) -> str:
    """Return what is paid, as people say it."""
    number = f"{worth.amount.normalize():f}"
    return {
        "month": gettext("%(amount)s yuan a month"),
        "quarter": gettext("%(amount)s yuan a quarter"),
        "year": gettext("%(amount)s yuan a year"),
    }[worth.period] % {"amount": number}


def counts(scan: Scan) -> list[tuple[str, int]]:
    """Return what became of whom was found, in the order of ``COUNTS``."""
    return [(str(text), scan.counts[name]) for name, text in COUNTS.items() if name in scan.counts]


def regions(scan: Scan) -> list[tuple[str, int]]:
    """Return the offers by district, the most first."""
    pairs = sorted(scan.regions.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(_region(code), n) for code, n in pairs]


def _region(code: str) -> str:
    if not code:
        return gettext("the whole city")
    named = settings.CITY.regions.get(code)
    return in_language(named) if named else divisions.name(code)


def answers(states: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return how many offers are in which state, in their order; states without any left out."""
    return [(str(s.label), states[s.value]) for s in Offer.State if s.value in states]


def reading(row: ScanReading) -> dict[str, Any]:
    """Return what was read of a registry, of how many, by which law."""
    registry = settings.CITY.registries.get(row.registry)
    known = registry.fields if registry else {}
    return {
        "name": in_language(registry) if registry else row.registry,
        "facts": listed(in_language(known[n]) if n in known else n for n in row.fields.split(",")),
        "laws": row.basis.split("；"),
        "everybody": row.everybody,
        "records": row.records,
    }


def left(scan: Scan, book: Rulebook) -> list[tuple[str, str]]:
    """Return the conditions that SQL could not say: in words, with the reason."""
    named = {one.id: one for one in book.pack.requirements}
    tongue = "en" if language() == "en" else "zh"
    return [
        (getattr(named[id_], tongue) if id_ in named else id_, str(ALONE.get(why, why)))
        for id_, why in scan.left.items()
    ]
