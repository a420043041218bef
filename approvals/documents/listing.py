"""The documents of a case for whoever may see the case: the list, and one as a file."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from approvals.documents import drawing, issuing, sources
from approvals.errors import not_found
from approvals.models import Application
from ledger.models import Event
from people.errors import ActionRejected
from people.language import language
from services import catalogue


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in a list; ``key`` names it in addresses."""

    key: uuid.UUID
    kind: str
    word: str  # its kind in English, for whom the title is a foreign word
    title: str  # as it is printed
    at: datetime.datetime


def of_case(application: Application, events: Sequence[Event] | None = None) -> list[Entry]:
    """Return the documents of a case, oldest first; ``events`` where the caller has them."""
    return _entries(application, sources.read(application, events))


def of_cases(applications: Sequence[Application]) -> list[tuple[Application, Entry]]:
    """Return the documents of several cases, each with its case, the newest first."""
    found = sources.read_all(applications)
    pairs = [(one, entry) for one in applications for entry in _entries(one, found[one.pk])]
    return sorted(pairs, key=lambda pair: pair[1].at, reverse=True)


def _entries(application: Application, found: Sequence[sources.Source]) -> list[Entry]:
    book = catalogue.rulebook(application.edition_id)
    wording = settings.CITY.documents.wording(book.code, book.pack.legal_kind)
    is_english = language() == "en"
    return [
        Entry(
            key=one.id,
            kind=one.kind.value,
            word=str(one.kind.label) if is_english else "",
            title=wording.titles[one.kind].title,
            at=one.at,
        )
        for one in found
    ]


def response(application: Application, key: uuid.UUID, now: datetime.datetime) -> HttpResponse:
    """Return one document as a PDF to keep; the caller has seen to it that the case may be read.

    Raises ``ActionRejected``: 404 where the case has no such document.
    """
    found = next((s for s in sources.read(application) if s.id == key), None)
    if found is None:
        raise not_found()
    try:
        document = issuing.issue(application, found)
        paper = drawing.signed_pdf(document, now)
    except drawing.NoGlyph:
        raise ActionRejected(
            "no_glyph",
            "该文书中有无法排印的字符，请联系办理部门",
            "A character of the document cannot be printed. Ask the office that has the case.",
        ) from None
    name = f"{document.payload['title']}_{application.number}.pdf"
    answer = HttpResponse(paper, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["Cache-Control"] = "no-store, private"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
