"""``manage.py verify_credential FILE --keys issuer.json``: without database or network."""

import datetime
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from credentials import checking, jwt
from credentials.checking import Checked, Expected, Faulty, Keys, Place
from credentials.statuslist import Status
from credentials.words import FAULTS, STATUSES


class Command(BaseCommand):
    help = "Check a credential of a wallet (SD-JWT VC) with published keys alone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a credential, with what it discloses")
        parser.add_argument("--keys", type=Path, required=True, help="/.well-known/jwt-vc-issuer")
        parser.add_argument(
            "--status",
            type=Path,
            action="append",
            default=[],
            metavar="LIST",
            help="a status list fetched before (application/statuslist+jwt)",
        )
        parser.add_argument("--on", type=datetime.datetime.fromisoformat, help="as of this moment")

    def handle(self, **options: Any) -> None:
        # the one entry point that reads the machine's clock: PostgreSQL is not there to ask
        at = options["on"] or datetime.datetime.now(datetime.UTC)
        if at.tzinfo is None:
            raise CommandError("--on needs a time zone, such as 2026-12-31T00:00:00+08:00")
        try:
            issuer = json.loads(options["keys"].read_bytes())
            known = {one["kid"]: jwt.public_bytes(one) for one in issuer["jwks"]["keys"]}
            lists = [path.read_text().strip() for path in options["status"]]
            text = options["file"].read_text().strip()
            checked = checking.check(text, known.get, Expected(issuer["issuer"]), at)
        except Faulty as fault:
            raise CommandError(f"REFUSED: {FAULTS[fault.code]['en']}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"cannot read: {error}") from None
        self._say(checked)
        self._say_statuses(checked, lists, known.get, at)

    def _say(self, checked: Checked) -> None:
        self.stdout.write(f"genuine: {checked.claims['vct']}")
        open_claims = ("iss", "vct", "iat", "exp", "cnf", "status")
        shown = {k: v for k, v in checked.claims.items() if k not in open_claims and v}
        self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1))

    def _say_statuses(
        self, checked: Checked, lists: list[str], keys: Keys, at: datetime.datetime
    ) -> None:
        places = {"the credential": checked.status, **checked.parts}
        if not lists:
            urls = " ".join(sorted({place.url for place in places.values()}))
            self.stdout.write(f"STATUS UNKNOWN: fetch {urls}")
            return
        ended = []
        for name, place in places.items():
            try:
                status, asof, is_fresh = _listed(lists, place, keys, at)
            except Faulty as fault:
                raise CommandError(f"{name}: {FAULTS[fault.code]['en']}") from None
            words, old = STATUSES[status]["en"], "" if is_fresh else ", MORE THAN AN HOUR OLD"
            self.stdout.write(f"{name}: {words} as of {asof:%Y-%m-%d %H:%M}Z{old}")
            if status != Status.VALID:
                ended.append(name)
        if "the credential" in ended:
            raise CommandError("NOT IN FORCE")
        if ended:
            raise CommandError(f"NOT IN FORCE: {', '.join(ended)}")


def _listed(
    lists: list[str], place: Place, keys: Keys, at: datetime.datetime
) -> tuple[Status, datetime.datetime, bool]:
    """Read a status from that list which has it; raises ``Faulty`` of the last one that has not."""
    fault = Faulty("status_other")
    for text in lists:
        try:
            return checking.status_in(text, place, keys, at)
        except Faulty as other:
            fault = other
    raise fault
