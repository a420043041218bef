"""PDF: how many pages, and nothing in it that acts, hides or is locked. Pure."""

from __future__ import annotations

import re
from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from materials.content import (
    PAGES,
    Kind,
    password_protected,
    stream,
    unreadable,
    with_active_content,
    with_second_file,
)

MOST = 200_000  # objects that are looked at; a scan of fifty pages has some hundreds
# what acts, or carries a file, wherever in the file it is reachable from
_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/XFA", "/AA"})
_ACTS = "JavaScript Launch ImportData SubmitForm Rendition RichMediaExecute GoToE GoToR Movie Sound"
_ACTIONS = frozenset(f"/{name}" for name in _ACTS.split(" "))
_ANNOTATIONS = frozenset({"/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Sound", "/Screen"})
# long names alone: a short one stands in compressed data by chance
_PLAIN = re.compile(rb"/(?:JavaScript|EmbeddedFile|RichMedia|Launch)\b")
_END = re.compile(rb"%%EOF[\s\x00]*\Z")
_OTHERS = (b"PK\x03\x04", b"PK\x05\x06", b"<script", b"<html", b"MZ\x90\x00")


def pages(data: bytes) -> int:
    """Return the number of pages; raises ``RejectedFile`` (and what the parser raises)."""
    if not _END.search(data[-2048:]):
        raise with_second_file() if b"%%EOF" in data else unreadable(Kind.PDF)
    head = data[:1024].lower()
    if any(other.lower() in head for other in _OTHERS) or b"PK\x05\x06" in data[-70_000:]:
        raise with_second_file()
    if _PLAIN.search(data):
        raise with_active_content()
    reader = PdfFileReader(stream(data), strict=False)
    if reader.encrypted:
        raise password_protected()
    return _walk(reader)


def _walk(reader: PdfFileReader) -> int:
    """Look at everything that can be reached from the trailer, each object once; count pages."""
    seen: set[tuple[int, int]] = set()
    counted, waiting = 0, [reader.trailer_view.raw_get("/Root"), *_information(reader)]
    looked_at = 0
    while waiting:
        looked_at += 1
        if looked_at > MOST:
            raise unreadable(Kind.PDF)
        found: Any = waiting.pop()
        if isinstance(found, IndirectObject):
            key = (found.idnum, found.generation)
            if key in seen:
                continue
            seen.add(key)
            found = found.get_object()
        if isinstance(found, DictionaryObject):  # a stream is one, too
            _require_inert(found)
            counted += _name(found, "/Type") == "/Page"
            if counted > PAGES:
                return counted
            waiting += [found.raw_get(key) for key in found]
        elif isinstance(found, ArrayObject):
            waiting += [found.raw_get(place) for place in range(len(found))]
    return counted


def _information(reader: PdfFileReader) -> list[Any]:
    view = reader.trailer_view
    return [view.raw_get("/Info")] if "/Info" in view else []


def _name(found: DictionaryObject, key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, NameObject) else ""


def _require_inert(found: DictionaryObject) -> None:
    if _KEYS & set(map(str, found)):
        raise with_active_content()
    if _name(found, "/S") in _ACTIONS or _name(found, "/Subtype") in _ANNOTATIONS:
        raise with_active_content()
    if _name(found, "/Type") in ("/EmbeddedFile", "/Collection"):
        raise with_active_content()
