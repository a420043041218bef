"""``manage.py welcome``: settle one fictional graduate through the public API."""

import json
import time
import uuid
from http import HTTPStatus
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.city import City, Person, cohort_on
from demo.city.personas import PERSONAS
from demo.examples import settlement
from demo.registry.keepers import KEEPERS, PATH
from exchange import endpoints, partners
from ledger.clock import city_date, now

EXTRA = "graduate_"  # further graduates who meet every condition


class Command(BaseCommand):
    help = "Submit one application over HTTP as an agency's program would, and print the outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="where the web process answers")
        parser.add_argument("--food", help="where the demo's food office takes our webhooks")
        parser.add_argument("--keepers", help="where the registries' departments take disputes")
        parser.add_argument("--token", help="an agency's API token; a demo knows its window's")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["food"]:
            endpoints.set_default("food", options["food"], now=now())
        if options["keepers"]:
            for code in KEEPERS:
                url = f"{options['keepers'].rstrip('/')}{PATH}{code}"
                endpoints.set_default(code, url, now=now())
        city = City(cohort=cohort_on(city_date(now())))
        token = (
            options["token"] or json.loads(partners.credentials_file("window").read_text())["token"]
        )
        for persona in (p for p in PERSONAS if p.kind == "graduate" or p.kind.startswith(EXTRA)):
            someone = city.person(persona.index)
            began = time.perf_counter()
            answer = self._apply(options["url"], token, city, someone)
            seconds = time.perf_counter() - began
            if answer.status_code != HTTPStatus.CONFLICT:  # who was settled before stays settled
                break
        else:
            self.stdout.write("every fictional graduate has been settled before")
            return
        body = answer.json()
        if answer.status_code not in (201, 202):
            raise CommandError(f"{answer.status_code}: {body}")
        certificate = body.get("certificate")
        self.stdout.write(
            f"{someone.name} ({body['number']}): {body['state']} in {seconds:.2f} s"
            + (f", certificate {options['url']}{certificate['verify']}" if certificate else "")
        )

    def _apply(self, url: str, token: str, city: City, someone: Person) -> requests.Response:
        service = requests.get(f"{url}/api/v1/services/graduate_settlement", timeout=10).json()
        return requests.post(
            url + "/api/v1/applications",
            json={
                "service": service["code"],
                "edition": service["edition"],
                "applicant": {"kind": "person", "number": someone.number, "name": someone.name},
                "answers": settlement(city),
            },
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": f"welcome-{uuid.uuid4()}",
                "Prefer": "wait=5",
            },
            timeout=10,
        )
