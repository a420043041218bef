"""A page of a file as a picture, for whoever reads it on a page: pixels, and nothing that acts."""

from __future__ import annotations

import pypdfium2

from materials import images
from materials.content import IMAGES, Kind, begins_as

SCALE = 1.6  # 115 dots an inch


def page(data: bytes, number: int) -> bytes:
    """Return a page, counted from 1, as JPEG; nothing for a kind that is not drawn (OFD)."""
    kind = begins_as(data)
    if kind in IMAGES:
        return images.preview(data) if number == 1 else b""
    if kind is not Kind.PDF:
        return b""
    document = pypdfium2.PdfDocument(data)
    if not 1 <= number <= len(document):
        return b""
    sheet = document[number - 1]
    wide, high = sheet.get_size()
    scale = min(SCALE, images.WIDEST / max(wide, 1), 4 * images.WIDEST / max(high, 1))
    return images.encoded(sheet.render(scale=scale, may_draw_forms=False).to_pil())
