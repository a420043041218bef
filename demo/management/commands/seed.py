"""`manage.py seed`: the synthetic city into the store, its regions and its partners."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from demo import seeding
from demo.city import City
from demo.management.arguments import city_arguments
from exchange import partners
from ledger import clock
from ledger.checks import KEYS
from people import places


class Command(BaseCommand):
    help = "Load a synthetic city into the store; safe to repeat."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        city_arguments(parser)

    def handle(self, *, persons: int, enterprises: int, seed: int, **options: Any) -> None:
        began = time.perf_counter()
        now = clock.now()
        places.load(settings.CITY)
        partners.make(clock.now())
        written = seeding.load(City(seed, persons, enterprises).on(clock.city_date(now)), now=now)
        self.stdout.write(
            f"seed: persons={persons} enterprises={enterprises} written={written}"
            f" seconds={time.perf_counter() - began:.1f}"
        )
