"""`manage.py partners …`: other agencies and their credentials."""

import datetime
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from city.current import folder
from city.reader import load
from exchange import endpoints, partners
from exchange.models import Partner
from ledger import clock
from ledger.checks import KEYS
from people.errors import ActionRejected


class Command(BaseCommand):
    help = "Make the city's partners, list partners, renew credentials (shown once), set a webhook."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("make", help="make the city's partners that are missing")
        actions.add_parser("list", help="list partners")
        token = actions.add_parser("token", help="renew a partner's token and webhook secrets")
        token.add_argument("code")
        token.add_argument(
            "--hours", type=float, default=0, help="for which the secrets before count as well"
        )
        url = actions.add_parser("url", help="say where a partner takes whatever it is sent")
        url.add_argument("code")
        url.add_argument("url")
        actions.add_parser(
            "cities", help="partners that are cities: code, folder, their code for us"
        )
        join = actions.add_parser("join", help="take over the secrets that a city made for us")
        join.add_argument("code")
        join.add_argument("--credentials", type=Path, required=True, help="the file that it wrote")
        join.add_argument("--url", required=True, help="where it takes our webhooks")
        add = actions.add_parser("add", help="add a partner")
        add.add_argument("code")
        add.add_argument("--zh", required=True)
        add.add_argument("--en", required=True)
        add.add_argument("--services", nargs="*", default=[], help="codes, or * for all")

    def handle(self, *, action: str, **options: Any) -> None:
        getattr(self, f"do_{action}")(options)

    def do_make(self, options: dict[str, Any]) -> None:
        made = partners.make(clock.now())
        for credentials in made:
            self._show(credentials)
        self.stdout.write(f"partners: made={len(made)} all={Partner.objects.count()}")

    def do_list(self, options: dict[str, Any]) -> None:
        for p in Partner.objects.order_by("code").prefetch_related("endpoints"):
            state = "active" if p.active else "inactive"
            urls = [e.url for e in p.endpoints.all() if not e.ended]
            self.stdout.write(f"{p.code:<14}{state:<10}{' '.join(urls) or '-':<40}{p.name_zh}")

    def do_token(self, options: dict[str, Any]) -> None:
        credentials = partners.renew(
            self._partner(options["code"]),
            now=clock.now(),
            overlap=datetime.timedelta(hours=options["hours"]),
        )
        partners.save_demo_credentials(credentials)
        self._show(credentials)

    def do_url(self, options: dict[str, Any]) -> None:
        code = self._partner(options["code"]).code
        try:
            endpoints.set_default(code, options["url"], now=clock.now())
        except ActionRejected as error:
            raise CommandError(f"{error.zh} / {error.en}") from error

    def do_cities(self, options: dict[str, Any]) -> None:
        ours = settings.CITY.folder.name
        for partner in settings.CITY.partners.values():
            if not partner.city:
                continue
            theirs = load(folder(partner.city)).partners.values()
            code = next((p.code for p in theirs if p.city == ours), "-")
            self.stdout.write(f"{partner.code} {partner.city} {code}")

    def do_join(self, options: dict[str, Any]) -> None:
        partner = self._partner(options["code"])
        try:
            theirs = json.loads(options["credentials"].read_text("utf-8"))
            partners.join(partner.code, theirs, options["url"], now=clock.now())
        except (OSError, ValueError, ActionRejected) as error:
            raise CommandError(f"{options['credentials']}: {error}") from error

    def do_add(self, options: dict[str, Any]) -> None:
        if Partner.objects.filter(code=options["code"]).exists():
            raise CommandError(f"partner {options['code']} exists; renew it with `partners token`")
        credentials = partners.add(
            code=options["code"],
            zh=options["zh"],
            en=options["en"],
            services=options["services"],
            now=clock.now(),
        )
        partners.save_demo_credentials(credentials)
        self._show(credentials)

    def _partner(self, code: str) -> Partner:
        try:
            return Partner.objects.get(code=code)
        except Partner.DoesNotExist:
            raise CommandError(f"there is no partner {code!r}; see `partners list`") from None

    def _show(self, credentials: partners.Credentials) -> None:
        self.stdout.write(
            f"{credentials.code}: token={credentials.token}"
            f" webhook_secret={credentials.webhook_secret}"
            f" inbound_secret={credentials.inbound_secret}"
        )
