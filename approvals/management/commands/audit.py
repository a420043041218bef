"""``manage.py audit``: is everything that proves history as it was written?"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.records.audit import faults
from ledger import restorations
from ledger.checks import KEYS


class Command(BaseCommand):
    help = "Check event chains, tree heads, receipts, evidence and states; name the first bad rows."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads", type=Path, help="tree heads exported earlier, kept elsewhere"
        )
        parser.add_argument("--most", type=int, default=100, help="stop after so many faults")

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for restoration in restorations.read(options["heads"]) if options["heads"] else ():
            self.stdout.write(f"restored from a backup, {restoration}")
        for fault in faults(options["heads"]):
            found += 1
            self.stdout.write(f"fault: {fault}")
            if found >= options["most"]:
                break
        self.stdout.write(f"audit: {found} faults")
        if found:
            raise CommandError(f"{found} faults", returncode=1)
