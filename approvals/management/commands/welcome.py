"""``manage.py welcome``: settle one fictional graduate through the public door, and say so."""

import time
import uuid
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.city.personas import persona


class Command(BaseCommand):
    help = "Submit one application over HTTP as an agency's program would, and print the outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="where the web process answers")
        parser.add_argument("--token", required=True, help="an agency's API token")

    def handle(self, *args: Any, **options: Any) -> None:
        someone = persona("graduate")
        began = time.perf_counter()
        answer = requests.post(
            options["url"] + "/api/v1/applications",
            json={
                "service": "graduate_settlement",
                "applicant": {"kind": "person", "number": someone.number, "name": someone.name},
                "answers": someone.answers,
            },
            headers={
                "Authorization": f"Bearer {options['token']}",
                "Idempotency-Key": f"welcome-{uuid.uuid4()}",
                "Prefer": "wait=5",
            },
            timeout=10,
        )
        seconds = time.perf_counter() - began
        body = answer.json()
        if answer.status_code not in (201, 202):
            raise CommandError(f"{answer.status_code}: {body}")
        certificate = body.get("certificate")
        self.stdout.write(
            f"{someone.name} ({body['number']}): {body['state']} in {seconds:.2f} s"
            + (f", certificate {options['url']}{certificate['verify']}" if certificate else "")
        )
