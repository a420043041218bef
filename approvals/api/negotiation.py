"""Which form an answer has: JSON, unless the program says that it takes none."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_ANY = frozenset({"", "*/*", "application/json"})


class OneRenderer(DefaultContentNegotiation):
    """Answers what nearly every program says at once, and takes the rest apart as ever.

    The library reads all headers and parses both media types anew for each request.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first, *more = renderers
        if not more and request.META.get("HTTP_ACCEPT", "") in _ANY:
            return first, str(first.media_type)
        both = [first, *more]
        found: tuple[BaseRenderer, str] = super().select_renderer(request, both, format_suffix)
        return found
