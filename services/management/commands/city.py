"""`manage.py city`: the folder itself, and what its bundles need of its packs."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from city.errors import SourceError
from city.model import City
from city.reader import load
from city.source import text_of
from exchange.management.commands import city
from services import edition
from services.bundles import faults
from services.rulebook import Rulebook


class Command(city.Command):
    def do_check(self, folder: Path | None, **options: Any) -> None:
        super().do_check(folder, **options)
        place = load(folder) if folder else settings.CITY
        try:
            books = _books(place)
        except SourceError as error:
            raise CommandError("\n".join(map(str, error.all()))) from error
        found = [str(one) for bundle in place.bundles.values() for one in faults(bundle, books)]
        if found:
            raise CommandError("\n".join(found))


def _books(place: City) -> dict[str, Rulebook]:
    """Return the packs that bundles name, by service."""
    named = {step.service for bundle in place.bundles.values() for step in bundle.steps.values()}
    return {
        pack.stem: edition.load(text_of(pack), str(pack), city=place)
        for pack in place.packs
        if pack.stem in named
    }
