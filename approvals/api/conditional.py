"""Answers that a program has already, and moves of what it has read (RFC 9110, 8.8 and 13).

A tag is a strong one: a hash of the answer's bytes, or of what they are made from.
"""

import hashlib
import re
from typing import Any, TypeVar

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from people.errors import ActionRejected

R = TypeVar("R", bound=HttpResponse)
_TAG = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')
_KEPT = ("ETag", "Cache-Control", "Content-Location", "Date", "Expires", "Vary")

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="`ETag` of an answer that you have: 304 without a body while it is the same",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="the `ETag` of what you read: when it is another by now, nothing is done (412)",
)
NOT_MODIFIED: dict[Any, Any] = {304: OpenApiResponse(description="you have it already")}


def tag(of: Any) -> str:
    """Return the tag of an answer, from its bytes or from what will be rendered as JSON."""
    raw = of if isinstance(of, bytes) else orjson.dumps(of)
    return f'"{hashlib.sha256(raw).hexdigest()[:32]}"'


def answer(
    request: Request, body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Answer with JSON and its tag, or 304 where the program has just that."""
    private = {"Cache-Control": "no-store", **(headers or {})}
    return tagged(request, Response(body, status=status, headers=private), tag(body))


def tagged(request: Request, response: HttpResponse, etag: str) -> HttpResponse:
    """Return the response with its tag, or 304 where the program has it."""
    response["ETag"] = etag
    if not _has(request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
        return response
    same = HttpResponse(status=304)
    del same["Content-Type"]
    for name in _KEPT:
        if name in response:
            same[name] = response[name]
    return same


def _has(header: str, etag: str) -> bool:
    """Compare weakly, as If-None-Match does (RFC 9110, 13.1.2)."""
    return header.strip() == "*" or etag in [found for _, found in _tags(header)]


def is_named(request: Request, etag: str) -> bool:
    """Tell whether the program names what it has read; raises ``ActionRejected`` (412).

    Compared strongly, as If-Match does (RFC 9110, 13.1.1): a weak tag is never the same. ``*`` and
    no header name nothing.
    """
    header: str = request.META.get("HTTP_IF_MATCH", "")
    if header.strip() in ("", "*"):
        return False
    if etag not in [found for weak, found in _tags(header) if not weak]:
        raise ActionRejected(
            "moved_since",
            "在您读取之后已有变化，请重新读取",
            "It has changed since you read it; read it again.",
            status=412,
        )
    return True


def _tags(header: str) -> list[tuple[str, str]]:
    found = map(_TAG.fullmatch, header.split(",")[:50])
    return [(match[1] or "", match[2]) for match in found if match]
