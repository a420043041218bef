"""`manage.py registry serve`: the other agencies' registries, as a process of their own."""

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.city import City, cohort_on
from demo.management.arguments import city_arguments
from demo.registry import faults, server


class Command(BaseCommand):
    help = "Serve education, criminal and credit records of the synthetic city. No database."
    requires_system_checks: list[str] = []  # Django's own spelling

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["serve"])
        city_arguments(parser)
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--port", type=int, default=0, help="on loopback; 0: any free one")
        where.add_argument("--unix", type=Path, help="path of a Unix socket")
        parser.add_argument("--delay", type=int, default=0, help="answer so many ms late")
        parser.add_argument("--fail", type=float, default=0.0, help="answer 503 at this rate")
        parser.add_argument("--faults", type=Path, help="a JSON file: see demo/registry/faults.py")

    def handle(self, **options: Any) -> None:
        if not settings.REGISTRY_SECRET:
            raise CommandError("REGISTRY_SECRET is not set; both sides must have the same")
        today = datetime.datetime.now(datetime.UTC).date()  # another agency's clock
        city = City(
            options["seed"], options["persons"], options["enterprises"], cohort=cohort_on(today)
        )
        switch = faults.Switch(options["faults"], self._fault(options))
        registry = server.Registry(city, settings.REGISTRY_SECRET, switch)
        running = server.serve(registry, port=options["port"], unix=options["unix"])
        where = options["unix"] or f"http://127.0.0.1:{running.server_address[1]}"
        self.stdout.write(f"registry at {where}")
        self.stdout.flush()
        running.serve_forever()

    def _fault(self, options: dict[str, Any]) -> faults.Fault | None:
        """The simple faults of the command line."""
        if options["delay"]:
            return faults.Fault("delay", seconds=options["delay"] / 1000)
        if options["fail"]:
            return faults.Fault("unavailable", share=options["fail"])
        return None
