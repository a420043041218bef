"""`manage.py partner serve CODE`: one demo agency, as a process of its own."""

import json
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo import agency
from exchange.partners import credentials_file


class Command(BaseCommand):
    help = "Take our webhooks as one agency would, and answer what is partner. No database."
    requires_system_checks: list[str] = []  # Django's own spelling

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["serve"])
        parser.add_argument("code")
        parser.add_argument("--answer", choices=["grant", "deny", "never", "slow"], default="grant")
        parser.add_argument("--seconds", type=float, default=3.0, help="of being slow")
        parser.add_argument("--port", type=int, default=0, help="on loopback; 0: any free one")
        parser.add_argument("--site", default=settings.SITE_URL, help="where our webhook is")

    def handle(self, **options: Any) -> None:
        path = credentials_file(options["code"])
        try:
            credentials = json.loads(path.read_text())
        except FileNotFoundError:
            raise CommandError(f"no {path}: run `manage.py partners make` in a demo") from None
        behaviour = agency.Behaviour(options["answer"], options["seconds"])
        partner = agency.Agency(credentials, options["site"], behaviour)
        server = agency.Server(options["port"], partner)
        threading.Thread(target=partner.answer_all, daemon=True).start()
        self.stdout.write(f"{options['code']} at http://127.0.0.1:{server.server_address[1]}/")
        self.stdout.flush()
        server.serve_forever()
