"""``manage.py engine``: the standing engine."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.workers.engine import Engine
from ledger.checks import KEYS


class Command(BaseCommand):
    help = "Decide applications as they become ready, until SIGTERM."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, help="most applications a transaction")
        parser.add_argument("--once", action="store_true", help="decide what is ready and return")

    def handle(self, *args: Any, **options: Any) -> None:
        engine = Engine(batch=options["batch"])
        if options["once"]:
            while engine.drain():
                pass
        else:
            engine.run()
