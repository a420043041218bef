"""Logging in and out, and how large the type is."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from people.models import User
from portal.context import ELDER_COOKIE
from portal.switching import YEAR
from portal.views.access import known_user


def onward(request: HttpRequest, fallback: str) -> str:
    """Return the page that ``next`` names, if it is one of ours."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return resolve_url(fallback)


class Login(LoginView):
    """User name and password; a demo adds its personas (``demo.hints``)."""

    template_name = "portal/login.html"

    def get_default_redirect_url(self) -> str:
        user = known_user(self.request)
        return resolve_url("portal:home" if user.role == User.Role.CITIZEN else "admin:index")


login = Login.as_view()


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("portal:home")


@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Switch 长辈版 (larger type, one column) on or off and return to the page."""
    on = request.POST.get("on") == "1"
    response = redirect(onward(request, "portal:home"))
    response.set_cookie(
        ELDER_COOKIE,
        "1" if on else "0",
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
