"""``manage.py replay``: decide all stored cases again and compare the bytes."""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.records.replay import differences
from ledger.checks import KEYS


class Command(BaseCommand):
    help = "Re-decide every stored receipt from its own facts and edition; report what differs."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--service", help="only this service")
        parser.add_argument(
            "--since",
            type=datetime.date.fromisoformat,
            help="only receipts from this day on (YYYY-MM-DD)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        counted = differing = 0
        for number, fault in differences(service=options["service"], since=options["since"]):
            counted += 1
            if fault:
                differing += 1
                self.stdout.write(f"differs: {number}: {fault}")
        self.stdout.write(f"replay: {counted} receipts, {differing} differences")
        if differing:
            raise CommandError(f"{differing} receipts differ", returncode=1)
