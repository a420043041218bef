"""What a list is asked for in its address, read strictly: what is not understood is a 400."""

import datetime
import re
from collections.abc import Collection, Sequence

from rest_framework.request import Request

from people.errors import ActionRejected
from people.numbers import has_id_number

MOST = 50  # values of one name
CODE = r"^[A-Za-z0-9_.-]{1,40}$"
_CODE = re.compile(CODE)
# RFC 3339, whose offset is part of it
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
EARLIEST = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def chosen(request: Request, name: str, known: Collection[str]) -> Sequence[str]:
    """Return the values of ``name``, each one of ``known``; raises ``ActionRejected`` (400)."""
    values = request.GET.getlist(name)
    if len(values) > MOST or not set(values) <= set(known):
        words = " | ".join(sorted(known))
        raise bad(name, f"应为 {words} 之一", f"is one of {words}.")
    return values


def codes(request: Request, name: str) -> Sequence[str]:
    """Return the values of ``name``, each a code or a number of ours; raises likewise."""
    values: list[str] = request.GET.getlist(name)
    if len(values) > MOST or not all(map(_is_code, values)):
        words = "应为编码，每个不超过 40 个字符", "is a code of 40 characters at most, and so each."
        raise bad(name, *words)
    return values


def code(request: Request, name: str) -> str:
    """Return the one value of ``name``; "" where it is not asked for; raises likewise."""
    return (codes(request, name) or ("",))[-1]


def _is_code(value: str) -> bool:
    return bool(_CODE.fullmatch(value)) and not has_id_number(value)


def moment(request: Request, name: str) -> datetime.datetime | None:
    """Return a moment with its offset (RFC 3339); None: not asked for; raises likewise."""
    if name not in request.GET:
        return None
    text: str = request.GET[name]
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        return max(datetime.datetime.fromisoformat(text).astimezone(datetime.UTC), EARLIEST)
    except (ValueError, OverflowError):
        raise bad(
            name,
            "应为带时区的时刻，如 2026-01-31T08:00:00Z",
            "is a moment with its offset, such as 2026-01-31T08:00:00Z.",
        ) from None


def day(request: Request, name: str) -> datetime.date | None:
    """Return a day (ISO 8601); None: not asked for; raises likewise."""
    if name not in request.GET:
        return None
    text: str = request.GET[name]
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError(text)
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise bad(name, "应为日期，如 2026-01-31", "is a day, such as 2026-01-31.") from None


def bad(name: str, zh: str, en: str) -> ActionRejected:
    """Return what is said of a value in the address that is not understood."""
    return ActionRejected(f"bad_{name}", f"{name} {zh}", f"{name} {en}", status=400, field=name)
