"""Lists in pages, by a signed cursor that says after which row, and whose list it is."""

import uuid
from typing import Any, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from people.errors import ActionRejected

MOST, USUAL = 100, 50
_SALT = "approvals.api.pages"
Row = TypeVar("Row", bound=Model)

CURSOR = OpenApiParameter(
    "cursor",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    description="`next` of the page before; without one, the first page",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    OpenApiParameter.QUERY,
    description="rows of a page",
)


def page(
    request: Request, rows: QuerySet[Row], owner: str, place: str = ""
) -> tuple[list[Row], str | None]:
    """Return a page of ``rows``, oldest first, and the cursor of the next; None: it is the last.

    ``place``: a whole number that follows time, where the keys of the rows do not. Raises
    ``ActionRejected`` (400) for a cursor that is not ours, or not this owner's.
    """
    text, limit = request.GET.get("cursor", ""), _limit(request.GET.get("limit", ""))
    if text:
        at, key = _after(text, owner)
        later = Q(pk__gt=key)
        rows = rows.filter(Q(**{f"{place}__gt": at}) | later & Q(**{place: at}) if place else later)
    found = list(rows.order_by(*filter(None, (place, "pk")))[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    at = getattr(last, place) if place else 0
    return found[:limit], signing.dumps([at, str(last.pk), owner], salt=_SALT)


def _limit(text: str) -> int:
    if not text:
        return USUAL
    if text.isascii() and text.isdecimal() and len(text) < 4 and 0 < int(text) <= MOST:
        return int(text)
    raise ActionRejected(
        "bad_limit",
        f"limit 应为 1 至 {MOST} 的整数",
        f"limit is a whole number from 1 to {MOST}.",
        status=400,
        field="limit",
    )


def _after(text: str, owner: str) -> tuple[int, uuid.UUID]:
    try:
        found: Any = signing.loads(text, salt=_SALT) if len(text) <= 400 else None
        at, key, whose = found
        if whose == owner:
            return int(at), uuid.UUID(key)
    except (signing.BadSignature, TypeError, ValueError):
        pass
    raise ActionRejected(
        "bad_cursor",
        "翻页标记无效，请从第一页重新读取",
        "The cursor is not valid; begin with the first page.",
        status=400,
        field="cursor",
    )
