"""Signed PDFs: drawn when first asked for, kept on disk by what they show, never by a name."""

import datetime
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from certificates.models import Certificate
from certificates.pdf import drawing, signing
from ledger import canonical


def signed_pdf(certificate: Certificate, now: datetime.datetime) -> bytes:
    """Return the certificate's PDF (PDF/A-2b, PAdES); raises ``drawing.NoGlyph``.

    The cache may be emptied at any time: a new drawing looks the same, with a newer signature.
    """
    payload = canonical.loads(certificate.payload)

    def draw() -> bytes:
        return drawing.pdf(payload, certificate.jws, settings.SITE_URL, settings.DEMO)

    parts = (certificate.jws.encode(), drawing.TEMPLATE.read_bytes())
    return signed(parts, draw, payload["issuer"]["zh"], signing.CERTIFICATE, now)


def signed(
    parts: Sequence[bytes],
    draw: Callable[[], bytes],
    issuer: str,
    reason: str,
    now: datetime.datetime,
) -> bytes:
    """Return the signed PDF of what ``draw`` makes; drawn once, whoever else asks meanwhile.

    ``parts``: all that goes into the drawing beside the address, the mark and the signing key.
    """
    path = _path(parts, now)
    with suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return path.read_bytes()  # somebody else was first
        except FileNotFoundError:
            paper = signing.sign(draw(), issuer, now, reason)
            _keep(path, paper)
            return paper


def _path(parts: Sequence[bytes], now: datetime.datetime) -> Path:
    """Named by all that goes into the drawing: jws, template, address, mark, signing key."""
    site = f"{settings.SITE_URL} {settings.DEMO} {signing.signer(now)[1]}".encode()
    name = hashlib.sha256(b"\0".join((*parts, site))).hexdigest()
    return Path(settings.PDF_DIR) / name[:2] / f"{name}.pdf"


def _keep(path: Path, data: bytes) -> None:
    """Appear whole or not at all: readers take no lock."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
