"""``manage.py keys make | rotate PURPOSE | list``: see docs/keys.md."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import clock, keys, rotation
from ledger.checks import KEYS
from ledger.models import PublicKey


class Command(BaseCommand):
    help = "Make, rotate and list the keys that sign and encrypt."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("make", help="Make what is missing (safe at every start).")
        rotate = actions.add_parser("rotate", help="Put a new key of one purpose in use.")
        rotate.add_argument("purpose", choices=keys.SIGNING + keys.ENCRYPTION)
        actions.add_parser("list", help="Show published keys, the newest last.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except keys.KeyUnusable as error:
            raise CommandError(str(error)) from error

    def make(self, options: dict[str, Any]) -> None:
        made = rotation.make(clock.now())
        self.stdout.write(f"made: {', '.join(made) or 'nothing, all keys are here'}")

    def rotate(self, options: dict[str, Any]) -> None:
        kid = rotation.rotate(options["purpose"], clock.now())
        self.stdout.write(f"{options['purpose']} is now signed or encrypted with {kid}")

    def list(self, options: dict[str, Any]) -> None:
        for key in PublicKey.objects.order_by("purpose", "active_from"):
            until = f"until {key.retired_at:%Y-%m-%d %H:%M}" if key.retired_at else "in use"
            self.stdout.write(
                f"{key.purpose:12} {key.algorithm} {key.kid} "
                f"from {key.active_from:%Y-%m-%d %H:%M} {until}"
            )
