"""`manage.py city check | load`: the city's folder, checked, and into the database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from city.errors import SourceError
from city.reader import load
from exchange import partners
from ledger import clock
from people import places, rights


class Command(BaseCommand):
    help = "Check a city's folder, or write its regions, offices, roles and partners."
    requires_system_checks: list[str] = []  # Django's own spelling

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("check", help="say everything that is wrong, as FILE:LINE")
        check.add_argument("folder", nargs="?", type=Path, help="default: the one in CITY")
        actions.add_parser("load", help="write what is missing or changed; safe to repeat")

    def handle(self, *, action: str, **options: Any) -> None:
        getattr(self, f"do_{action}")(**options)

    def do_check(self, folder: Path | None, **options: Any) -> None:
        try:
            city = load(folder or settings.CITY.folder)
        except SourceError as error:
            raise CommandError("\n".join(map(str, error.all()))) from error
        self.stdout.write(
            f"{city.zh} / {city.en}: regions={len(city.regions)} offices={len(city.offices)}"
            f" registries={len(city.registries)} partners={len(city.partners)}"
            f" services={len(city.packs)}"
        )

    def do_load(self, **options: Any) -> None:
        city = settings.CITY
        places.load(city)
        rights.write_groups()
        self.stdout.write(f"regions={len(city.regions) + 1} offices={len(city.offices)}")
        made = partners.make(clock.now())
        for credentials in made:
            self.stdout.write(
                f"{credentials.code}: token={credentials.token}"
                f" webhook_secret={credentials.webhook_secret}"
                f" inbound_secret={credentials.inbound_secret}"
            )
        self.stdout.write(f"partners: made={len(made)} (their secrets are shown this once)")
