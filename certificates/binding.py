"""What the event of an issuance binds: every column of the certificate that never changes."""

import hashlib

from certificates.models import Certificate
from ledger import canonical
from ledger.events import instant

# A column that is added later is not bound by the events of before: keep this list as it is.
COLUMNS = (
    "identifier",
    "public_id",
    "serial",
    "number",
    "version",
    "previous_id",
    "service",
    "kind",
    "application",
    "holder",
    "office_id",
    "region_id",
    "issued_at",
    "expires_on",
    "payload",
    "jws",
    "kid",
)


def columns_hash(certificate: Certificate) -> str:
    """Return the SHA-256 of what never changes in a certificate's row, in hex."""
    values = {name: _text(name, getattr(certificate, name)) for name in COLUMNS}
    return hashlib.sha256(canonical.dumps(values)).hexdigest()


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return instant(value) if name == "issued_at" else str(value)  # type: ignore[arg-type]
