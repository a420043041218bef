"""Signed PDFs and pictures: drawn when first asked for, kept by what they show, not by a name."""

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
from certificates.pdf import drawing, signing, templates
from certificates.pdf.drawing import Kind
from ledger import canonical


def signed_pdf(certificate: Certificate, now: datetime.datetime) -> bytes:
    """Return the certificate's PDF (PDF/A-2b, PAdES); raises ``drawing.NoGlyph``.

    The cache may be emptied at any time: a new drawing looks the same, with a newer signature.
    """
    payload = canonical.loads(certificate.payload)

    template = templates.of(payload)

    def draw() -> bytes:
        return drawing.pdf(payload, certificate.jws, settings.SITE_URL, settings.DEMO, template)

    parts = (certificate.jws.encode(), template.encode() or drawing.TEMPLATE.read_bytes())
    return signed(parts, draw, payload["issuer"]["zh"], signing.CERTIFICATE, now)


def picture(certificate: Certificate, kind: Kind) -> bytes:
    """Return the certificate's first page as a picture for screens, not signed, without its jws.

    ``kind``: png, small enough for a phone; svg, to be enlarged. Raises ``drawing.NoGlyph``.
    """
    payload = canonical.loads(certificate.payload)
    template = templates.of(payload)
    text = template.encode() or drawing.TEMPLATE.read_bytes()
    path = _named((kind.encode(), bytes(certificate.payload), text, _site()), kind)

    def draw() -> bytes:
        return drawing.picture(payload, kind, settings.SITE_URL, settings.DEMO, template)

    return _once(path, draw)


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
    path = _named((*parts, _site(), signing.signer(now)[1].encode()), "pdf")
    return _once(path, lambda: signing.sign(draw(), issuer, now, reason))


def _once(path: Path, make: Callable[[], bytes]) -> bytes:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return path.read_bytes()  # somebody else was first
        except FileNotFoundError:
            made = make()
            _keep(path, made)
            return made


def _site() -> bytes:
    return f"{settings.SITE_URL} {settings.DEMO}".encode()


def _named(parts: Sequence[bytes], kind: str) -> Path:
    """Named by all that goes into the drawing: data, template, address, mark, signing key."""
    name = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return Path(settings.PDF_DIR) / name[:2] / f"{name}.{kind}"


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
