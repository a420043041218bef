"""``manage.py heads sequence | export | gather | restored | prove``: see docs/ledger.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import canonical, clock, heads, restorations
from ledger.checks import KEYS
from ledger.models import Event


class Command(BaseCommand):
    help = "Signed tree heads over all events: sign, export, prove."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("sequence", help="Take new events under the tree now.")
        export = actions.add_parser("export", help="Append the newest head to a file.")
        export.add_argument("file", type=Path)
        actions.add_parser("gather", help="Queue events that were left out (after a restore).")
        restored = actions.add_parser(
            "restored", help="Say that history goes on from a restored backup."
        )
        restored.add_argument("file", type=Path)
        restored.add_argument("--by", required=True, help="who restored it")
        restored.add_argument("--reason", required=True)
        prove = actions.add_parser("prove", help="Print the proof that an event is in the tree.")
        prove.add_argument("subject", help="for instance application:GS2026…")
        prove.add_argument("seq", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["action"])(options)

    def sequence(self, options: dict[str, Any]) -> None:
        head = None
        while (newer := heads.sequence(clock.now())) is not None:
            head = newer
        self.stdout.write(f"signed: tree of {head.size} events" if head else "nothing new")

    def export(self, options: dict[str, Any]) -> None:
        try:
            added = heads.export(options["file"])
        except (KeyError, ValueError) as error:
            raise CommandError(f"{options['file']} holds no exported heads: {error}") from error
        self.stdout.write(f"{options['file']}: {added} events added")

    def gather(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{heads.queue_missing()} events queued")

    def restored(self, options: dict[str, Any]) -> None:
        try:
            one = restorations.record(
                options["file"], by=options["by"], reason=options["reason"], now=clock.now()
            )
        except restorations.NothingLost:
            self.stdout.write("nothing was lost: the database has every exported event")
            return
        except (OSError, KeyError, ValueError) as error:
            raise CommandError(f"{options['file']} holds no exported heads: {error}") from error
        self.stdout.write(str(one))

    def prove(self, options: dict[str, Any]) -> None:
        event = Event.objects.filter(subject=options["subject"], seq=options["seq"]).first()
        proof = heads.prove(event) if event else None
        if proof is None:
            raise CommandError("no such event, or not under a signed head yet")
        self.stdout.write(canonical.dumps(proof).decode())
