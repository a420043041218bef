"""The page of numbers: what of an office's work is automatic, and how long the rest takes."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from approvals import words
from approvals.admin.front import queue
from approvals.review import measures
from ledger.clock import city_date
from people.language import in_language, mark
from people.models import User
from services import catalogue
from services.models import Edition

PERIODS = (7, 30, 90)  # days


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table; ``cells`` as they are shown, each with the head of its column."""

    name: str
    link: str
    cells: tuple[tuple[str, str], ...]


def numbers(user: User, text: str, now: datetime.datetime) -> dict[str, Any]:
    """Return what the page shows for one of ``PERIODS``; any other text is the second of them."""
    days = next((d for d in PERIODS if str(d) == text), PERIODS[1])
    services, reasons = measures.work(
        office=user.office_id or "",
        region=user.region_id or "",
        since=now - datetime.timedelta(days=days),
    )
    times = (_("Minutes in an officer's hands"), _("Hours until it was taken"))
    of_service = (_("Cases settled"), _("Approved automatically"), *times, _("Returns per case"))
    of_reason = (_("Cases"), *times)
    books = _books({line.service for line in services} | {line.service for line in reasons})
    return {
        "days": days,
        "periods": PERIODS,
        "newest": measures.NEWEST,
        "of_service": of_service,
        "of_reason": of_reason,
        "services": [
            Line(
                in_language(books[line.service].pack.name),
                queue(state="settled", service=line.service),
                _cells(
                    of_service,
                    str(line.settled),
                    _percent(line.automatic_share),
                    *_times(line.times),
                    "–" if line.returns_a_case is None else f"{line.returns_a_case:.2f}",
                ),
            )
            for line in services
        ],
        "reasons": [
            Line(
                _reason(line, books[line.service], now),
                queue(reason=line.reason, service=line.service),
                _cells(of_reason, str(line.cases), *_times(line)),
            )
            for line in reasons
        ],
    }


def _cells(heads: tuple[str, ...], *texts: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(heads, texts, strict=True))


def _books(services: set[str]) -> dict[str, Any]:
    newest = Edition.objects.filter(service__in=services).order_by("service", "-number")
    rows = newest.distinct("service").values_list("service", "pk")
    return {service: catalogue.rulebook(edition) for service, edition in rows}


def _reason(line: measures.Times, book: Any, now: datetime.datetime) -> str:
    word = mark(";").join(words.reasons(line.reason, book, city_date(now))) or line.reason
    return f"{word} · {in_language(book.pack.name)}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _times(line: measures.Times | None) -> tuple[str, str]:
    minutes, hours = (line.minutes, line.hours) if line else (None, None)
    return _pair(minutes, ".0f"), _pair(hours, ".1f")


def _pair(values: tuple[float, float] | None, form: str) -> str:
    if values is None:
        return "–"
    return _("%(median)s, 90 %% within %(high)s") % {
        "median": format(values[0], form),
        "high": format(values[1], form),
    }
