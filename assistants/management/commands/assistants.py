"""`manage.py assistants …`: register assistants, and serve the door for them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions import assistant_mandates
from approvals.actions.assistant_mandates import Registration
from approvals.models import Assistant
from ledger import clock
from ledger.checks import KEYS
from people.errors import ActionRejected


class Command(BaseCommand):
    help = "Register assistants (secrets are shown once), switch them on or off, serve their door."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="list registered assistants")
        register = actions.add_parser("register", help="register an assistant; prints its secret")
        register.add_argument("code")
        for name in ("zh", "en", "operator", "contact"):
            register.add_argument(f"--{name}", required=True)
        for name, what in (
            ("renew", "give it another secret; the one before ends at once"),
            ("off", "let it do nothing, by any mandate"),
            ("on", "let it work again"),
        ):
            actions.add_parser(name, help=what).add_argument("code")
        serve = actions.add_parser("serve", help="serve the door (MCP over HTTP)")
        serve.add_argument("--host", default="127.0.0.1")
        serve.add_argument("--port", type=int, default=8010)

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}")(options)
        except ActionRejected as error:
            raise CommandError(f"{error.zh} / {error.en}") from error

    def do_list(self, options: dict[str, Any]) -> None:
        for one in Assistant.objects.order_by("code"):
            state = "on" if one.active else "off"
            self.stdout.write(f"{one.code:<24}{state:<5}{one.name_zh} ({one.operator})")

    def do_register(self, options: dict[str, Any]) -> None:
        said = Registration(
            options["code"], options["zh"], options["en"], options["operator"], options["contact"]
        )
        self.stdout.write(
            f"{said.code}: secret={assistant_mandates.register(said, now=clock.now())}"
        )

    def do_renew(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{options['code']}: secret={assistant_mandates.renew(options['code'])}")

    def do_on(self, options: dict[str, Any]) -> None:
        assistant_mandates.switch(options["code"], active=True)

    def do_off(self, options: dict[str, Any]) -> None:
        assistant_mandates.switch(options["code"], active=False)

    def do_serve(self, options: dict[str, Any]) -> None:
        if not settings.ASSISTANTS.is_open:
            raise CommandError("the door is off; ASSISTANTS=1 opens it (docs/assistants.md)")
        import uvicorn

        from assistants.door import application

        server = uvicorn.Config(
            application(),
            host=options["host"],
            port=options["port"],
            log_config=None,  # ours, which masks identity numbers
            access_log=False,
            server_header=False,
            proxy_headers=False,  # people.access reads them, by PROXY_COUNT
            ws="none",
            limit_concurrency=200,
            timeout_keep_alive=5,
        )
        try:
            uvicorn.Server(server).run()
        except (SystemExit, UnicodeError) as error:  # it has written why
            raise CommandError(f"no door at {options['host']}:{options['port']}") from error
