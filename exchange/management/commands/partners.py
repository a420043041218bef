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
from exchange.models import Client, Partner
from exchange.oauth import clients
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
        client = actions.add_parser(
            "client", help="programs that get access tokens (docs/oauth.md)"
        )
        _add_client_arguments(client)

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

    def do_client(self, options: dict[str, Any]) -> None:
        try:
            getattr(self, f"client_{options['what']}")(options)
        except ActionRejected as error:
            raise CommandError(f"{error.zh} / {error.en}") from error

    def client_add(self, options: dict[str, Any]) -> None:
        new = clients.NewClient(
            name=options["name"],
            scopes=options["scopes"],
            services=options["services"],
            certificates=[_certificate(one) for one in options["certificate"]],
        )
        client, secret = clients.add(self._partner(options["code"]), new, now=clock.now())
        self.stdout.write(f"client_id={client.client_id} client_secret={secret}")

    def client_secret(self, options: dict[str, Any]) -> None:
        client = self._client(options["client"])
        overlap = datetime.timedelta(hours=options["hours"])
        secret = clients.renew_secret(client, now=clock.now(), overlap=overlap)
        self.stdout.write(f"client_id={client.client_id} client_secret={secret}")

    def client_certificates(self, options: dict[str, Any]) -> None:
        client = self._client(options["client"])
        clients.set_certificates(client, [_certificate(one) for one in options["certificate"]])

    def client_list(self, options: dict[str, Any]) -> None:
        for one in Client.objects.filter(partner=self._partner(options["code"])).order_by("pk"):
            state = "ended" if one.ended_at else "active"
            reach = f"{','.join(one.scopes)} {','.join(one.services)}"
            bound = f" certificates={len(one.certificates)}" if one.certificates else ""
            self.stdout.write(f"{one.client_id:<30}{state:<8}{reach}{bound} {one.name}")

    def client_end(self, options: dict[str, Any]) -> None:
        clients.end(self._client(options["client"]), now=clock.now())

    def _client(self, client_id: str) -> Client:
        try:
            return Client.objects.get(client_id=client_id)
        except Client.DoesNotExist:
            raise CommandError(
                f"there is no client {client_id!r}; see `partners client list`"
            ) from None

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


def _add_client_arguments(parser: CommandParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    add = what.add_parser("add", help="add a client of a partner; its secret is shown once")
    add.add_argument("code", help="of the partner")
    add.add_argument("--name", required=True, help="which program it is")
    add.add_argument("--scopes", nargs="+", default=["*"], help="or * for all of the partner")
    add.add_argument("--services", nargs="+", default=["*"], help="or * for all of the partner")
    add.add_argument(
        "--certificate", nargs="*", default=[], help="PEM files or SHA-256, one of which it shows"
    )
    secret = what.add_parser("secret", help="a new secret, shown once")
    secret.add_argument("client")
    secret.add_argument(
        "--hours",
        type=float,
        default=clients.OVERLAP / datetime.timedelta(hours=1),
        help="for which the secrets before count as well",
    )
    certificates = what.add_parser("certificates", help="say which certificates it has to show")
    certificates.add_argument("client")
    certificates.add_argument("certificate", nargs="*", help="PEM files or SHA-256; none: no more")
    listed = what.add_parser("list", help="list the clients of a partner")
    listed.add_argument("code", help="of the partner")
    what.add_parser("end", help="end a client and all its tokens, for good").add_argument("client")


def _certificate(given: str) -> str:
    """Return what a file of that name holds, or the text itself, which may be a SHA-256."""
    path = Path(given)
    return path.read_text("utf-8", "replace") if path.is_file() else given
