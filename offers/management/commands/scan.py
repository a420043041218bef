"""``manage.py scan``: scan the city for a service, list the scans, replay one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.clock import city_date, now
from offers import replaying
from offers.actions import orders, scanning
from offers.models import Scan, ScanOrder
from people.actors import CLOCK


class Command(BaseCommand):
    help = "run | list | replay: scans of the whole city for services offered unasked (免申即享)"

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        run = commands.add_parser("run", help="scan for a service now, and make offers")
        run.add_argument("service", help="its code, such as old_age_allowance")
        commands.add_parser("list", help="the scans, the newest first")
        replay = commands.add_parser("replay", help="prove a stored scan again")
        replay.add_argument("scan", help="its id, or the code of a service: its newest")
        replay.add_argument(
            "--recorded", action="store_true", help="by the recorded facts alone, not by the store"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(**options)

    def _run(self, service: str, **options: Any) -> None:
        at = now()
        if service not in {book.code for book in orders.services(city_date(at))}:
            raise CommandError(f"{service} is not offered unasked (no proactive in its pack)")
        order = ScanOrder.objects.create(service_id=service, by=str(CLOCK), at=at)
        scan = scanning.run(order=order.pk, by=CLOCK, now=at)
        if scan is None:
            raise CommandError("another process has the order, or no edition is in force")
        self._tell(scan)
        if scan.missed:
            raise CommandError(f"SQL left out {scan.missed} whom the judge finds", returncode=1)

    def _list(self, **options: Any) -> None:
        for scan in Scan.objects.defer("subjects").order_by("-at"):
            self._tell(scan)

    def _replay(self, scan: str, recorded: bool, **options: Any) -> None:
        rows = Scan.objects.order_by("-at")
        try:
            row = rows.filter(service=scan).first() or rows.filter(pk=scan).first()
        except ValidationError:  # no UUID
            row = None
        if row is None:
            raise CommandError(f"no such scan: {scan}")
        found = replaying.replay(row, anew=not recorded)
        for fault in found.faults:
            self.stdout.write(f"fault: {fault}")
        store = (
            "store not read"
            if recorded
            else "the store gives the same list"
            if found.same
            else f"the store differs by {found.explained} people whose records have changed since"
        )
        self.stdout.write(
            f"scan: {row.pk} {row}: {found.offers} offers by recorded facts, {store},"
            f" {len(found.faults)} faults"
        )
        if found.faults:
            raise CommandError(f"{len(found.faults)} faults", returncode=1)

    def _tell(self, scan: Scan) -> None:
        counts = ", ".join(f"{name}={n}" for name, n in scan.counts.items())
        self.stdout.write(
            f"{scan.pk} {scan.service_id} {scan.as_of}: records={scan.records},"
            f" drawn={scan.drawn}, {counts}, checked={scan.checked}, missed={scan.missed},"
            f" {scan.milliseconds} ms, list {bytes(scan.list_hash).hex()[:16]}"
        )
