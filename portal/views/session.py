"""Logging in and out, and how large the type is."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from exchange.city.personas import PERSONAS
from people.models import User
from portal.context import ELDER_COOKIE
from portal.views.guard import known_user

YEAR = 31_536_000  # seconds


def _onward(request: HttpRequest, fallback: str) -> str:
    """Return the page that ``next`` names, if it is one of ours."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return resolve_url(fallback)


class Login(LoginView):
    """User name and password; in a demo the personas stand above it."""

    template_name = "portal/login.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(**kwargs, personas=_personas())

    def get_default_redirect_url(self) -> str:
        user = known_user(self.request)
        return resolve_url("portal:home" if user.role == User.Role.CITIZEN else "admin:index")


def _personas() -> list[dict[str, object]]:
    """The demo's cast, with what is special about each; extras of the same kind are left out."""
    if not settings.DEMO:
        return []
    accounts = User.objects.filter(role=User.Role.CITIZEN, is_active=True)
    names = dict(accounts.values_list("username", "name"))
    return [
        {"username": p.kind, "name": names[p.kind], "words": {"zh": p.zh, "en": p.en}}
        for p in PERSONAS
        if p.kind in names and not p.kind[-1].isdigit()
    ]


login = Login.as_view()


@require_POST
def persona(request: HttpRequest) -> HttpResponse:
    """Become a fictional citizen by one tap. There is no such door outside a demo."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(
        User,
        username=request.POST.get("username", ""),
        role=User.Role.CITIZEN,
        is_active=True,
    )
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(_onward(request, "portal:home"))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("portal:home")


@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Switch 长辈版 (larger type, one column) on or off and return to the page."""
    on = request.POST.get("on") == "1"
    response = redirect(_onward(request, "portal:home"))
    response.set_cookie(
        ELDER_COOKIE,
        "1" if on else "0",
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
