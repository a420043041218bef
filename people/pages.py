"""Lists in pages, by a signed cursor that says after which row, and whose list it is."""

import datetime
import uuid
from collections.abc import Collection
from itertools import chain
from typing import Any, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from people.errors import ActionRejected

MOST, USUAL = 100, 50
LASTS = datetime.timedelta(days=1)  # a cursor
_SALT = "people.pages"
Row = TypeVar("Row", bound=Model)

CURSOR = OpenApiParameter(
    "cursor",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    description="`next` of the page before, within a day; without one, the first page",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    OpenApiParameter.QUERY,
    description="rows of a page",
)


def page(
    request: Request,
    rows: QuerySet[Row],
    owner: str,
    place: str = "",
    *,
    of_each: tuple[str, Collection[object]] = ("", ()),
) -> tuple[list[Row], str | None]:
    """Return a page of ``rows``, oldest first, and the cursor of the next; None: it is the last.

    ``place``: a whole number that follows time, where the keys of the rows do not. ``of_each``: a
    column and all its values in ``rows``, where there is an index by both: the page is then made of
    the first rows of each, as PostgreSQL would sort all. Raises ``ActionRejected`` (400) for a
    cursor that is not ours, or not of this list of this owner.
    """
    listed, most = rows.model._meta.label_lower, limit(request)
    if came := after(request, listed, owner):
        at, later = int(came[0]), Q(pk__gt=uuid.UUID(came[1]))
        if place:  # the first condition is one that an index is entered by
            rows = rows.filter(Q(**{f"{place}__gte": at}), Q(**{f"{place}__gt": at}) | later)
        else:
            rows = rows.filter(later)
    order = [*filter(None, (place, "pk"))]
    column, values = of_each
    if len(values) > 1:
        firsts = [rows.filter(**{column: value}).order_by(*order) for value in values]
        keys = [one.values_list("pk", flat=True)[: most + 1] for one in firsts]
        rows = rows.filter(pk__in=chain.from_iterable(keys))
    found = list(rows.order_by(*order)[: most + 1])
    if len(found) <= most:
        return found, None
    last = found[most - 1]
    at = getattr(last, place) if place else 0
    return found[:most], cursor(listed, owner, at, last.pk)


def cursor(listed: str, owner: str, *key: object) -> str:
    """Return the cursor behind the row with this ``key``, of one list of one owner, for a day."""
    return signing.dumps([listed, owner, *map(str, key)], salt=_SALT)


def after(request: Request, listed: str, owner: str) -> list[str] | None:
    """Return the key behind which the page asked for begins; None: it is the first.

    Raises ``ActionRejected`` (400) for a cursor that is not ours, of another list, of somebody
    else, or older than a day.
    """
    text = request.GET.get("cursor", "")
    if not text:
        return None
    try:
        found: Any = signing.loads(text, salt=_SALT, max_age=LASTS) if len(text) <= 400 else None
        of, whose, *key = found
        if (of, whose) == (listed, owner):
            return [str(part) for part in key]
    except (signing.BadSignature, TypeError, ValueError):
        pass
    raise ActionRejected(
        "bad_cursor",
        "翻页标记无效或已过期，请从第一页重新读取",
        "The cursor is not valid, or older than a day; begin with the first page.",
        status=400,
        field="cursor",
    )


def limit(request: Request) -> int:
    """Return how many rows a page has; raises ``ActionRejected`` (400)."""
    if "limit" not in request.GET:
        return USUAL
    text: str = request.GET["limit"]
    if text.isascii() and text.isdecimal() and len(text) < 4 and 0 < int(text) <= MOST:
        return int(text)
    raise ActionRejected(
        "bad_limit",
        f"limit 应为 1 至 {MOST} 的整数",
        f"limit is a whole number from 1 to {MOST}.",
        status=400,
        field="limit",
    )
