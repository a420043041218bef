"""What is paid by period, from the command line: review, pay, list, export, audit."""

import datetime
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entitlements import audit, queries
from entitlements.actions import pay, paying, review
from entitlements.models import PaymentList
from ledger.clock import city_date, now
from people.actors import CLOCK


class Command(BaseCommand):
    help = "Reviews and pays entitlements (待遇); repeated, it finds nothing to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        run = verbs.add_parser("run", help="review and pay the periods that have begun")
        run.add_argument("service", nargs="?", help="default: every service")
        run.add_argument("--on", type=datetime.date.fromisoformat, help="as if that were today")
        verbs.add_parser("lists", help="the payment lists, with their SHA-256")
        export = verbs.add_parser("export", help="a payment list as CSV, with numbers of people")
        export.add_argument("list", help="SERVICE:NUMBER, as `lists` prints it")
        verbs.add_parser("audit", help="every payment again from its facts; exit code 1 for faults")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["verb"]:
            case "run":
                self._run(options["service"], options["on"] or city_date(now()))
            case "lists":
                for made in PaymentList.objects.order_by("service", "number"):
                    self.stdout.write(
                        f"{made.service}:{made.number} {made.period} payments={made.entries}"
                        f" yuan={made.total:.2f} sha256={made.sha256}"
                    )
            case "export":
                self._export(options["list"])
            case "audit":
                found = list(audit.faults())
                for fault in found:
                    self.stdout.write(fault)
                self.stdout.write(f"entitlements: faults={len(found)}")
                if found:
                    sys.exit(1)

    def _run(self, service: str | None, today: datetime.date) -> None:
        for code in [service] if service else queries.services():
            for period in queries.periods_due(code, today):
                reviewed = review(service=code, period=period, by=CLOCK, now=now())
                paid = pay(service=code, period=period, by=CLOCK, now=now())
                made = paid.payments
                moved = "".join(f" {state}={n}" for state, n in sorted(reviewed.moved.items()))
                self.stdout.write(
                    f"{code} {period}: reviewed={reviewed.judged}{moved}"
                    f" instalments={paid.instalments} payments={made.entries if made else 0}"
                    f" yuan={made.total if made else 0} unreviewed={paid.unreviewed}"
                )

    def _export(self, name: str) -> None:
        service, _, number = name.partition(":")
        made = PaymentList.objects.filter(
            service=service, number=int(number) if number.isascii() and number.isdigit() else 0
        ).first()
        if made is None:
            raise CommandError(f"there is no payment list {name}; `lists` prints them")
        self.stdout.write(paying.text_of(made), ending="")
