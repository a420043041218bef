"""Who has looked at a person's data as a PDF/A-2b to read; the JSON document is what proves."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from affairs.accesses import Access
from certificates.pdf import drawing, glyphs
from ledger.clock import city_date
from people.language import in_language, language

TEMPLATE = Path(__file__).with_name("accesses.typ")
MOST = 1000  # entries: some seventy pages


def pdf(accesses: Sequence[Access], person: str, notes: list[str], now: datetime.datetime) -> bytes:
    """Return PDF bytes; ``person``: name and masked number; raises ``drawing.NoGlyph``."""
    data = {
        "fonts": glyphs.FAMILIES,
        "lang": language(),
        "title": gettext("Who has looked at my data"),
        "person": glyphs.substituted(f"{in_language(settings.CITY)} · {person}"),
        "notes": [glyphs.substituted(note) for note in notes],
        "heads": [
            gettext("When"),
            gettext("Who"),
            gettext("What, and the result"),
            gettext("Why, and by which law"),
        ],
        "rows": [_row(one) for one in accesses[:MOST]],
    }
    call = f"{TEMPLATE.read_text('utf-8')}\n#accesses-page({drawing.literal(data)})"
    issued = city_date(now).isoformat()
    return drawing.compiled(call.encode(), issued, format="pdf", pdf_standards="a-2b")


def _row(one: Access) -> list[str]:
    at = settings.CITY.calendar.local(one.at)
    what = f"{one.what} · {one.result}" if one.result else one.what
    why = f"{one.purpose} · {one.law}" + (f" · {one.case}" if one.case else "")
    cells = (f"{at:%Y-%m-%d %H:%M:%S}", one.who, what, why)
    return [glyphs.substituted(cell) for cell in cells]
