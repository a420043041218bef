"""What every page needs: the city, the demo strip, the reader's language and size of type."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

ELDER_COOKIE = "elder"


def language() -> str:
    """Return "zh" or "en", the two languages in which packs and pages are written."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def in_language(texts: object) -> str:
    """Return the reader's text of ``{"zh": …}``, or of an object with ``zh`` or ``name_zh``."""
    tongue = language()
    if texts is None or isinstance(texts, str):
        return texts or ""
    if isinstance(texts, Mapping):
        return str(texts.get(tongue) or texts.get("zh", ""))
    return str(getattr(texts, f"name_{tongue}", None) or getattr(texts, tongue, ""))


def elder(request: HttpRequest) -> bool:
    """Tell whether the page is shown in 长辈版; the browser remembers it, so nobody need log in."""
    return request.COOKIES.get(ELDER_COOKIE) == "1"


def site(request: HttpRequest) -> dict[str, object]:
    """Return ``city`` (its name), ``demo``, ``elder``, ``here`` (this page's address)."""
    return {
        "city": getattr(settings.CITY, language()),
        "demo": settings.DEMO,
        "elder": elder(request),
        "here": request.path,
    }
