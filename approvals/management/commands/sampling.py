"""``manage.py sampling``: draw a month for re-review, draw it again to verify, list the draws."""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.models import SampleDraw
from approvals.sampling import drawing, verifying
from ledger.clock import now
from people.actors import CLOCK


class Command(BaseCommand):
    help = "Draw automatic approvals of a month for re-review (双随机), verify draws, list them."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        draw = commands.add_parser("draw", help="a month that has ended; the engine does it, too")
        verify = commands.add_parser("verify", help="draw again and compare")
        commands.add_parser("list", help="what was drawn")
        for command in (draw, verify):
            command.add_argument("month", nargs="?", type=_month, help="YYYY-MM; none: what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options.get("month"))

    def _draw(self, month: datetime.date | None) -> None:
        at = now()
        month = month or drawing.due(at)
        if month is None:
            self.stdout.write("sampling: no month is due")
            return
        made = drawing.draw(month=month, by=CLOCK, now=at)
        if made is None:
            raise CommandError(
                f"{month:%Y-%m}: it has not ended, or no tree head was signed since", returncode=1
            )
        self._tell(made)

    def _verify(self, month: datetime.date | None) -> None:
        draws = SampleDraw.objects.order_by("month")
        draws = draws.filter(month=month) if month else draws
        found = 0
        for made in draws:
            for fault in verifying.faults(made):
                found += 1
                self.stdout.write(f"fault: {made}: {fault}")
        self.stdout.write(f"sampling: {len(draws)} draws, {found} faults")
        if found or (month and not draws):
            raise CommandError(f"{found} faults" if draws else "no such draw", returncode=1)

    def _list(self, month: datetime.date | None) -> None:
        for made in SampleDraw.objects.order_by("month"):
            self._tell(made)

    def _tell(self, made: SampleDraw) -> None:
        reviews = made.reviews
        self.stdout.write(
            f"{made}: {reviews.filter(is_control=False).count()} of {made.population} approvals,"
            f" {reviews.filter(is_control=True).count()} controls,"
            f" {reviews.filter(reviewer=None).count()} without an officer; tree head"
            f" {made.head_size}, list {bytes(made.list_hash).hex()[:16]}"
        )
        for part in made.strata:
            if float(part["reached"]) > float(part["wanted"]) + 1e-6:
                self.stdout.write(
                    f"  {part['office']} {part['service']} v{part['edition']}: half-width"
                    f" {part['reached']}, wanted {part['wanted']}: too few can be looked at"
                )


def _month(text: str) -> datetime.date:
    return datetime.date.fromisoformat(f"{text}-01")
