"""``manage.py example``: what a program would send for one persona of the synthetic city."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.city import City, Place, cohort_on
from demo.city.personas import PERSONAS, index
from ledger.clock import city_date, now
from services import catalogue

FOOD_SCOPE, PLAIN_SCOPE = "H6210", "F5299"  # 正餐服务 needs the food office's permit first


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
        city = City(cohort=cohort_on(city_date(now())))
        bodies = {persona: self._body(city, persona) for persona in options["persona"]}
        found = bodies if len(bodies) > 1 else next(iter(bodies.values()))
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))

    def _body(self, city: City, persona: str) -> dict[str, Any]:
        someone = city.person(index(persona))
        trades = persona.startswith("trader")
        service = "sole_trader" if trades else "graduate_settlement"
        edition = catalogue.current(service, city_date(now()))
        if edition is None:
            raise CommandError(f"nobody can apply for {service} now")
        return {
            "service": service,
            "edition": edition.number,
            "applicant": {"kind": "person", "number": someone.number, "name": someone.name},
            "answers": trade(city, persona) if trades else settlement(city),
        }


def settlement(city: City) -> dict[str, Any]:
    home = place(city, "residential")
    return {"district": home.region, "address": home.code, "consent": True}


def trade(city: City, persona: str) -> dict[str, Any]:
    unknown = persona == "trader_unknown_address"
    return {
        "trade_name": "栖迟",
        "scope": [FOOD_SCOPE if persona == "trader_food" else PLAIN_SCOPE],
        "premises": city.missing_address(0) if unknown else place(city, "commercial").code,
        "employees": 1,
        "consent": True,
    }


def place(city: City, use: str) -> Place:
    """Return the first address of the city that may be used so by anybody."""
    places = map(city.address, range(city.addresses))
    return next(p for p in places if p.exists and not p.disputed and p.use == use)
