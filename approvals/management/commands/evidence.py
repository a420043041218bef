"""``manage.py evidence list | prove``: what registries said of a case, and proving it to them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.models import Evidence
from approvals.records import proofs
from ledger.checks import KEYS


class Command(BaseCommand):
    help = "List a case's evidence with its strength, or print what proves one answer (an SD-JWT)."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listed = actions.add_parser("list", help="every answer, and how strong it is")
        prove = actions.add_parser("prove", help="the signed answer, for the agency that gave it")
        for one in (listed, prove):
            one.add_argument("number", help="of the application")
        prove.add_argument("registry")
        prove.add_argument("--round", type=int, help="default: the last")
        prove.add_argument("--subject", default="", help="of another person: as `list` has it")

    def handle(self, *, action: str, **options: Any) -> None:
        rows = Evidence.objects.filter(application__number=options["number"])
        if not rows.exists():
            raise CommandError(f"no evidence of a case {options['number']}")
        if action == "list":
            for row in rows.order_by("round", "registry", "subject"):
                strength = proofs.of_receipt(row).get("strength", "-")
                self.stdout.write(
                    f"{row.round} {row.registry:<14}{row.outcome:<8}{strength:<14}{row.subject}"
                )
            return
        rows = rows.filter(registry=options["registry"], subject=options["subject"])
        if options["round"]:
            rows = rows.filter(round=options["round"])
        chosen = rows.order_by("-round").first()
        kept = proofs.of_evidence([chosen]) if chosen else {}
        if chosen is None or chosen.id not in kept:
            raise CommandError(f"{options['registry']} has signed nothing here")
        self.stdout.write(proofs.presentation(kept[chosen.id]))
