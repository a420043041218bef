"""The desk's site: Django admin in unfold's clothes, behind a policy of its own.

unfold's Alpine evaluates expressions and writes styles; that is allowed under /desk/ and nowhere
else.
"""

import time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from people import access

RELAXED = {"script-src": ["'unsafe-eval'", "'unsafe-inline'"], "style-src": ["'unsafe-inline'"]}


class Desk(UnfoldAdminSite):
    """Clerks and other staff; citizens have the portal."""

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        if not (user.is_active and user.is_staff and user.role != "citizen"):
            return False
        return access.session_is_current(request, time.time())

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _relaxed(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and "next" not in request.GET:  # else: to the portal
            return redirect(f"{request.path}?{urlencode({'next': reverse('admin:index')})}")
        response = super().login(request, extra_context)
        response._csp_update = RELAXED
        return response


def _relaxed(view: Any) -> Any:
    def relaxed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = RELAXED
        return response

    relaxed.__dict__.update(view.__dict__)  # csrf_exempt and the like
    return relaxed
