"""``manage.py verify FILE --keys jwks.json``: check a certificate without database or network."""

import datetime
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.verification import offline, statuslist, uploads
from ledger import signatures
from ledger.clock import city_date

OLD = datetime.timedelta(hours=1)  # of a status list: worth a warning


class Command(BaseCommand):
    help = "Check a signed certificate (.jws) or a signed PDF with published keys alone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a .jws, or a PDF")
        parser.add_argument("--keys", type=Path, required=True, help="/.well-known/jwks.json")
        parser.add_argument(
            "--pdf-signers", type=Path, help="/.well-known/pdf-signers.pem, for a PDF"
        )
        parser.add_argument(
            "--status",
            type=Path,
            action="append",
            default=[],
            metavar="LIST",
            help="a status list fetched before (application/vc+jwt)",
        )
        parser.add_argument("--on", type=datetime.date.fromisoformat, help="as of this day")

    def handle(self, **options: Any) -> None:
        # the one entry point that reads the machine's clock: PostgreSQL is not there to ask
        at = datetime.datetime.now(datetime.UTC)
        on = options["on"] or city_date(at)
        try:
            keys = offline.keys_of(json.loads(options["keys"].read_bytes()))
            raw = options["file"].read_bytes()
            jws = self._of_pdf(raw, options) if raw.startswith(b"%PDF") else raw.decode("utf-8")
            checked = offline.check(jws, keys, on)
            states = [self._listed(path, keys, checked, at) for path in options["status"]]
        except (offline.Forged, uploads.PDFRejected) as error:
            raise CommandError(f"FORGED: {error}") from None
        except (OSError, ValueError) as error:
            raise CommandError(f"cannot read: {error}") from None
        payload = checked.payload
        self.stdout.write(
            f"genuine: {payload['type']['en']} {payload['number']}, issued {payload['issued']}"
        )
        self.stdout.write(f"holder: {payload['holder']['name']}  issuer: {payload['issuer']['en']}")
        if checked.not_yet:
            raise CommandError("NOT YET VALID")
        if checked.expired:
            raise CommandError(f"EXPIRED on {payload['expires']}")
        if checked.unconfirmed and on > checked.unconfirmed:
            raise CommandError(f"NOT CONFIRMED by {checked.unconfirmed}: do not rely on it")
        if checked.unconfirmed:
            self.stdout.write(f"PROVISIONAL: to be confirmed by {checked.unconfirmed}, or not good")
        for state in filter(None, states):
            raise CommandError(state.upper())
        if not options["status"]:
            place, bit = checked.status
            where = f"{settings.SITE_URL}/status/revocation/{place}"
            self.stdout.write(f"whether it was ended since: bit {bit} of {where}")

    def _of_pdf(self, raw: bytes, options: dict[str, Any]) -> str:
        if not options["pdf_signers"]:
            raise CommandError("a PDF needs --pdf-signers /.well-known/pdf-signers.pem")
        published = x509.load_pem_x509_certificates(options["pdf_signers"].read_bytes())
        return uploads.inspect(raw, [c.public_bytes(Encoding.DER) for c in published])

    def _listed(
        self, path: Path, keys: signatures.Keys, checked: offline.Checked, at: datetime.datetime
    ) -> str:
        """Return what a status list says against the certificate, or nothing; says as of when.

        A list past its ``validUntil`` proves nothing and is refused; an old one is warned of.
        """
        try:
            _header, body = signatures.verify_jws(path.read_text().strip(), keys, typ="vc+jwt")
        except signatures.SignatureError as error:
            raise CommandError(f"FORGED status list: {error}") from None
        document = json.loads(body)
        place, bit = checked.status
        subject = document["credentialSubject"]
        if document["id"].rpartition("/")[2] != str(place):
            raise CommandError("that status list is for other certificates")
        since = datetime.datetime.fromisoformat(document["validFrom"])
        until = (
            datetime.datetime.fromisoformat(document["validUntil"])
            if "validUntil" in document
            else since + statuslist.VALID_FOR
        )
        if at > until:
            raise CommandError(f"STALE status list: good until {until}, fetch it again")
        self.stdout.write(f"{subject['statusPurpose']} list as of {document['validFrom']}")
        if at - since > OLD:
            self.stderr.write("warning: that list is hours old; it may have changed since")
        listed = statuslist.is_set(subject["encodedList"], bit)
        return f"{subject['statusPurpose']} is set, as of {document['validFrom']}" if listed else ""
