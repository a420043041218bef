"""``manage.py example``: what a program would send for one persona of the synthetic city."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.city import City, cohort_on
from demo.city.personas import PERSONAS
from demo.examples import body
from ledger.clock import city_date, now


class Command(BaseCommand):
    help = "Print a body for POST /api/v1/applications. The city and everybody in it is fictional."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [persona.kind for persona in PERSONAS]
        parser.add_argument(
            "persona",
            nargs="+",
            choices=names,
            metavar="PERSONA",
            help=f"several: an object of bodies, by name. {', '.join(names)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        today = city_date(now())
        city = City(cohort=cohort_on(today))
        bodies = {persona: body(city, persona, today) for persona in options["persona"]}
        if None in bodies.values():
            raise CommandError("nobody can apply for that service now")
        found = bodies if len(bodies) > 1 else next(iter(bodies.values()))
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
