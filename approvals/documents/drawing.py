"""Drawing a document: from its signed payload to a signed PDF/A-2b, with the fonts of certificates.

The same payload gives the same page. What no font has is printed by its code, as on certificates.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from approvals.rows.documents import Document
from certificates.pdf import cache, drawing, glyphs, qr, signing

NoGlyph = drawing.NoGlyph
TEMPLATE = Path(__file__).with_name("document.typ")
WIDTH = 442  # points of the text block (156 mm)
ROOM = 345  # points of height on the first page for the body and the two lines of the signature
# sizes of type and the space between lines, the widest first; what fits none goes over pages
SIZES = ((16, 12), (15, 10), (14, 8))


def signed_pdf(document: Document, now: datetime.datetime) -> bytes:
    """Return the PDF of a document (PDF/A-2b, PAdES), from the cache where it was drawn before.

    Raises ``ledger.signatures.SignatureError`` where the row is not as it was signed.
    """
    payload = document.payload

    def draw() -> bytes:
        return pdf(payload, document.jws, settings.SITE_URL, settings.DEMO)

    parts = (document.jws.encode(), TEMPLATE.read_bytes())
    return cache.signed(parts, draw, payload["office"]["zh"], signing.DOCUMENT, now)


def pdf(payload: Mapping[str, Any], jws: str, site: str, specimen: bool) -> bytes:
    """Return PDF/A-2b bytes, unsigned; ``site`` is the address in the QR code, without a slash."""
    data = _data(payload, jws, site, specimen)
    call = f"{TEMPLATE.read_text('utf-8')}\n#document-page({drawing.literal(data)})"
    return drawing.compiled(call.encode(), data["issued"], format="pdf", pdf_standards="a-2b")


def _data(payload: Mapping[str, Any], jws: str, site: str, specimen: bool) -> dict[str, Any]:
    body, name = payload["body"], payload["addressee"]["name"]
    lacking = glyphs.missing([name, *(one["text"] for one in body)])
    spoken, office = payload["id"], payload["office"]["zh"]
    size, leading = _sizes(body)
    return {
        "fonts": glyphs.FAMILIES,
        "value_fonts": drawing.VALUES,
        "office": office,
        "office_size": min(30, int(WIDTH / (len(office) * 1.08))),
        "title": payload["title"],
        "title_size": 22 if len(payload["title"]) <= 18 else 18,
        "number": payload["number"],
        "name": glyphs.substituted(name),
        "masked": payload["addressee"]["number"],
        "body": [{**one, "text": glyphs.substituted(one["text"])} for one in body],
        "size": size,
        "leading": leading,
        "issued": payload["issued"],
        "issued_zh": drawing.day(payload["issued"]),
        "application": payload["application"],
        "site": f"{site}/verify/",
        "url": f"{site}/verify/{payload['id']}",
        "qr": qr.svg(f"{site}/verify/", payload["id"]),
        "spoken": "-".join(spoken[i : i + 4] for i in range(0, len(spoken), 4)),
        "jws": jws,
        "specimen": specimen,
        "substitutes": " ".join(map(glyphs.code, lacking)),
    }


def _sizes(body: Sequence[Mapping[str, str]]) -> tuple[int, int]:
    """Return the largest type with which the body stays on one page, or the one for several."""
    for size, leading in SIZES:
        across = WIDTH / size
        lines = sum(
            math.ceil(len(one["text"]) / (across - 3.5))
            if one["as"] == "item"
            else math.ceil((len(one["text"]) + 1) / across)  # indented by two, digits are narrow
            for one in body
        )
        if (lines + 2) * (size + leading) <= ROOM:
            return size, leading
    return SIZES[1]
