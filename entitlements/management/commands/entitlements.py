"""What is paid by period, from the command line: review, pay, list, export, audit."""

import datetime
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from entitlements import audit, queries
from entitlements.actions import decide, export, hold, pay, propose, release, resume, review, stop
from entitlements.models import Entitlement, Overpayment, PaymentList
from entitlements.states import State
from ledger.clock import city_date, now
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import User

MOVES = {
    "hold": "keep one from being paid until an officer resumes or stops it",
    "resume": "pay one again whose doubt the officer has looked into",
    "stop": "end one on a day that is not ahead",
    "recover": "propose that an overpayment is paid back",
    "waive": "propose that an overpayment is not claimed back",
    "agree": "decide as the second officer as was proposed",
    "disagree": "send a proposal back",
}
LISTS = {
    "release": "let a payment list go to the treasury, as a supervisor or head of the office",
    "export": "a released payment list as CSV, with numbers of people, as a clerk",
}


class Command(BaseCommand):
    help = "Reviews and pays entitlements (待遇); repeated, it finds nothing to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        run = verbs.add_parser("run", help="review and pay the periods that have begun")
        run.add_argument("service", nargs="?", help="default: every service")
        run.add_argument("--on", type=datetime.date.fromisoformat, help="as if that were today")
        verbs.add_parser("lists", help="the payment lists, with their SHA-256")
        for verb, does in LISTS.items():
            listed = verbs.add_parser(verb, help=does)
            listed.add_argument("list", help="SERVICE:NUMBER, as `lists` prints it")
            listed.add_argument("--by", required=True, help="user name of the officer, recorded")
        verbs.add_parser("show", help="what is suspended, held or overpaid, with its key")
        for verb, does in MOVES.items():
            move = verbs.add_parser(verb, help=does)
            move.add_argument("key", type=uuid.UUID, help="as `show` prints it")
            move.add_argument("--by", required=True, help="user name of the officer")
            move.add_argument("--reason", default="")
            move.add_argument("--on", type=datetime.date.fromisoformat, help="last day, of stop")
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
            case "show":
                self._show()
            case "audit":
                found = list(audit.faults())
                for fault in found:
                    self.stdout.write(fault)
                self.stdout.write(f"entitlements: faults={len(found)}")
                if found:
                    sys.exit(1)
            case _:
                try:
                    self._act(options, _officer(options["by"]))
                except ActionRejected as error:
                    raise CommandError(f"{error.zh} / {error.en}") from error

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

    def _show(self) -> None:
        for row in Entitlement.objects.filter(state__in=[State.SUSPENDED, State.HELD]):
            self.stdout.write(f"{row.pk} {row.kind} {row.application} {row.state} {row.reasons}")
        for claim in Overpayment.objects.filter(decided_at=None).select_related("entitlement"):
            row = claim.entitlement
            self.stdout.write(
                f"{claim.pk} {row.kind} {row.application} overpaid yuan={claim.amount}"
                f" {claim.periods} {claim.state} {claim.choice}"
            )

    def _act(self, options: dict[str, Any], by: Actor) -> None:
        if options["verb"] == "export":
            made = _listed(options["list"])
            self.stdout.write(export(payments=made, by=by, now=now()), ending="")
        elif options["verb"] == "release":
            release(payments=_listed(options["list"]), by=by, now=now())
            self.stdout.write(f"release: {options['list']}")
        else:
            self._move(options, by)

    def _move(self, options: dict[str, Any], by: Actor) -> None:
        key, verb, reason, at = options["key"], options["verb"], options["reason"], now()
        if verb in ("recover", "waive"):
            choice = {"recover": "recovered", "waive": "waived"}[verb]
            propose(claim=key, choice=choice, reason=reason, by=by, now=at)
        elif verb in ("agree", "disagree"):
            decide(claim=key, agreed=verb == "agree", by=by, now=at)
        else:
            row = Entitlement.objects.filter(pk=key).first()
            version = row.events if row else 0
            moved = {"key": key, "reason": reason, "version": version, "by": by, "now": at}
            if verb == "stop":
                stop(**moved, on=options["on"] or city_date(at))
            else:
                {"hold": hold, "resume": resume}[verb](**moved)
        self.stdout.write(f"{verb}: {key}")


def _officer(name: str) -> Actor:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"there is no officer {name}")
    return officer(user)


def _listed(name: str) -> PaymentList:
    service, _, number = name.partition(":")
    found = PaymentList.objects.filter(
        service=service, number=int(number) if number.isascii() and number.isdigit() else 0
    ).first()
    if found is None:
        raise CommandError(f"there is no payment list {name}; `lists` prints them")
    return found
