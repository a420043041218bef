"""Signed PDFs: drawn when first asked for, kept on disk by what they show, never by a name."""

import datetime
import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from certificates.models import Certificate
from certificates.pdf import drawing, signing
from ledger import canonical


def signed_pdf(certificate: Certificate, now: datetime.datetime) -> bytes:
    """Return the certificate's PDF (PDF/A-2b, PAdES); raises ``drawing.NoGlyph``.

    The cache may be emptied at any time: a new drawing looks the same, with a newer signature.
    """
    path = _path(certificate, now)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    payload = canonical.loads(certificate.payload)
    drawn = drawing.pdf(payload, certificate.jws, settings.SITE_URL, settings.DEMO)
    paper = signing.sign(drawn, payload["issuer"]["zh"], now)
    _keep(path, paper)
    return paper


def _path(certificate: Certificate, now: datetime.datetime) -> Path:
    """Named by all that goes into the drawing: jws, template, address, mark, signing key."""
    parts = (
        certificate.jws.encode(),
        drawing.TEMPLATE.read_bytes(),
        f"{settings.SITE_URL} {settings.DEMO} {signing.signer(now)[1]}".encode(),
    )
    name = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return Path(settings.PDF_DIR) / name[:2] / f"{name}.pdf"


def _keep(path: Path, data: bytes) -> None:
    """Appear whole or not at all, whoever else draws the same at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
