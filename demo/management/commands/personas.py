"""``manage.py personas [--make]``: the demo's people. Citizens are the city's first forty.

Stands here and not in ``people``, because only this app knows the city.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo import accounts
from demo.city import City
from demo.city.personas import PERSONAS
from exchange.partners import credentials_file
from ledger.checks import KEYS


class Command(BaseCommand):
    help = "Show the demo's citizens and officers; with --make, make their accounts first."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make", action="store_true", help="make or correct the accounts")
        parser.add_argument("--seed", type=int, default=2026, help="of the city")

    def handle(self, *, make: bool, seed: int, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("fictional people belong in a demo: set DEMO=1")
        if make:
            city = City(seed)
            people = ((p.kind, city.person(p.index)) for p in PERSONAS)
            accounts.make(accounts.Citizen(kind, t.name, t.number) for kind, t in people)
        for line in accounts.listing():
            self.stdout.write(line)
        self.stdout.write("citizens (one tap at the log-in page, no password):")
        for persona in PERSONAS:
            if not persona.kind[-1].isdigit():  # the rest are more of the same
                self.stdout.write(f"  {persona.kind:22} {persona.zh} / {persona.en}")
        self.stdout.write(
            "agencies' programs (docs/api.md), each with the file of its credentials:"
        )
        for partner in settings.CITY.partners.values():
            file = credentials_file(partner.code)
            if file.exists():
                shown = file.relative_to(settings.BASE_DIR) if _is_here(file) else file
                self.stdout.write(f"  {partner.code:22} {partner.zh} / {partner.en}: {shown}")


def _is_here(file: Path) -> bool:
    return file.is_relative_to(settings.BASE_DIR)
