"""The portal on a phone: its manifest, its service worker, and a page without network.

Nothing personal is kept on the phone: the worker stores the files named here, and no page but the
one that says that there is no network, which is fetched without cookies.
"""

import hashlib
from functools import lru_cache

import orjson
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from people.language import language

FILES = ("portal/portal.css", "portal/site.js", "portal/icon.svg")
FRESH = 3600  # seconds that a manifest may be used


@require_safe
@cache_control(private=True, max_age=FRESH)  # it is in the reader's language
def manifest(request: HttpRequest) -> HttpResponse:
    """The web application manifest (W3C): name, icons, colours, where it starts."""
    city = getattr(settings.CITY, language())
    services = gettext("e-services")
    name = f"{city} {services}"
    made = {
        "id": "/",
        "name": name,
        "short_name": services,
        "lang": "en" if language() == "en" else "zh-Hans",
        "dir": "ltr",
        "start_url": reverse("portal:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f6fb",
        "theme_color": "#1450c8",
        "icons": [
            _icon("icon-192", 192, "any"),
            _icon("icon-512", 512, "any"),
            _icon("icon-whole-512", 512, "maskable"),
        ],
    }
    return HttpResponse(orjson.dumps(made), content_type="application/manifest+json")


def _icon(name: str, pixels: int, purpose: str) -> dict[str, str]:
    return {
        "src": static(f"portal/{name}.png"),
        "sizes": f"{pixels}x{pixels}",
        "type": "image/png",
        "purpose": purpose,
    }


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker's script: at the root, because it serves pages at its own level."""
    page = {
        "files": [static(name) for name in FILES],
        "offline": reverse("portal:offline"),
        "version": _version(),
    }
    return render(request, "portal/worker.js", page, content_type="text/javascript")


@lru_cache(maxsize=1)
def _version() -> str:
    """Return a hash of what is stored, so that a release replaces it."""
    total = hashlib.sha256()
    for name in FILES:
        path = finders.find(name)
        if path:
            with open(path, "rb") as file:  # noqa: PTH123 - a finder's path is a text
                total.update(file.read())
    return total.hexdigest()[:12]


@require_safe
@cache_control(public=True, max_age=FRESH)
def offline(request: HttpRequest) -> HttpResponse:
    """The page without network, in both languages: the phone cannot ask which."""
    return render(request, "portal/offline.html")
