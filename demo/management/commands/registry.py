"""`manage.py registry` with one action more: serve, the other agencies' registries."""

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from demo.city import City, cohort_on
from demo.management.arguments import city_arguments
from demo.registry import faults, server
from demo.registry.keepers import Keepers
from demo.registry.planted import Planted
from exchange.management.commands import registry


class Command(registry.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        serve = self.actions.add_parser(
            "serve",
            help="education, criminal and credit records; addresses to search; no database",
        )
        city_arguments(serve)
        where = serve.add_mutually_exclusive_group()
        where.add_argument("--port", type=int, default=0, help="on loopback; 0: any free one")
        where.add_argument("--unix", type=Path, help="path of a Unix socket")
        serve.add_argument("--delay", type=int, default=0, help="answer so many ms late")
        serve.add_argument("--fail", type=float, default=0.0, help="answer 503 at this rate")
        serve.add_argument("--site", default=settings.SITE_URL, help="where our webhook is")
        serve.add_argument("--keepers", type=float, default=3.0, help="seconds for a dispute")
        serve.add_argument("--faults", type=Path, help="a JSON file: see demo/registry/faults.py")
        serve.add_argument("--planted", type=Path, help="records: see demo/registry/planted.py")

    def do_serve(self, **options: Any) -> None:
        today = datetime.datetime.now(datetime.UTC).date()  # another agency's clock
        city = City(
            options["seed"],
            options["persons"],
            options["enterprises"],
            cohort=cohort_on(today),
        ).on(today)
        served = (*server.SERVED, *server.SEARCHED)
        algorithms = {name: settings.REGISTRIES[name]["signature"] for name in served}
        switch = faults.Switch(options["faults"], self._fault(options))
        fields = {code: registry.fields for code, registry in settings.CITY.registries.items()}
        keepers = Keepers(city, fields, server.SERVED, options["site"], options["keepers"])
        keepers.start()
        planted = Planted(options["planted"])
        records = server.Registry(city, algorithms, switch, keepers, planted)
        running = server.serve(records, port=options["port"], unix=options["unix"])
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
