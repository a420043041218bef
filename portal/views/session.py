"""Logging in and out, and how large the type is."""

import time
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from people import second_factor
from people.models import User
from people.passkeys import ceremony
from portal.context import ELDER_COOKIE
from portal.login import levels, person, provider
from portal.login.provider import LoginFailed
from portal.switching import YEAR
from portal.views.access import known_user

BY_PROVIDER = "by_provider"  # in the session: who logged in there logs out there


def onward(request: HttpRequest, fallback: str) -> str:
    """Return the page that ``next`` names, if it is one of ours."""
    return ours(request, request.POST.get("next", ""), fallback)


def ours(request: HttpRequest, address: str, fallback: str) -> str:
    """Return an address of our own pages, or that of the page named ``fallback``."""
    if url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return resolve_url(fallback)


class Login(LoginView):
    """User name and password; a demo adds its personas (``demo.hints``)."""

    template_name = "portal/login.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        available = ceremony.is_available(self.request.get_host())
        return super().get_context_data(**more, passkeys=available)

    def get_default_redirect_url(self) -> str:
        user = known_user(self.request)
        return resolve_url("portal:home" if user.role == User.Role.CITIZEN else "admin:index")


login = Login.as_view()


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; ``service``: at the level that applying for it needs."""
    if settings.OIDC is None:
        raise Http404
    page = onward(request, "portal:home")
    level = levels.required(request.POST.get("service", ""))
    try:
        return provider.begin(request, level, page)
    except LoginFailed as error:
        return _not_logged_in(request, error, page)


@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Log in whom the provider names, and go on where they were."""
    if settings.OIDC is None:
        raise Http404
    page = ours(request, provider.onward(request), "portal:home")
    try:
        claims = provider.finish(request)
        user = person.citizen(claims)
    except LoginFailed as error:
        return _not_logged_in(request, error, page)
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.cycle_key()  # of a log-in that was there already, which is surer now
    levels.note(request.session, levels.of_acr(claims.get("acr")))
    request.session.pop(second_factor.PASSKEY, None)  # it is the provider now who vouches
    request.session[BY_PROVIDER] = True
    return redirect(page)


def _not_logged_in(request: HttpRequest, error: LoginFailed, page: str) -> HttpResponse:
    """Say why, with the ways to log in; what was filled in stays where it is kept."""
    texts = {
        "unavailable": gettext("The log-in service does not answer just now. Try again shortly."),
        "cancelled": gettext("You cancelled the log-in; nothing was passed on."),
        "stale": gettext("That log-in was used already or is too old. Please log in again."),
        "nameless": gettext(
            "The log-in service did not say your name and ID number, so we cannot tell who you are."
        ),
        "barred": gettext("This account is closed. Please ask at a counter."),
    }
    text = texts.get(
        error.reason,
        gettext("The log-in service's answer could not be verified, so nobody was logged in."),
    )
    status = {"unavailable": 503, "cancelled": 200}.get(error.reason, 400)
    return login_page(request, page, text, status)


def login_page(request: HttpRequest, page: str, problem: str, status: int) -> HttpResponse:
    """Show the ways to log in and go on to ``page``, with the ``problem`` of the one just tried."""
    context = {
        "form": AuthenticationForm(),
        "next": page,
        "problem": problem,
        "passkeys": ceremony.is_available(request.get_host()),
    }
    return render(request, Login.template_name, context, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Log out here, and at the provider where it logged the person in."""
    elsewhere = provider.end() if settings.OIDC and request.session.get(BY_PROVIDER) else ""
    auth.logout(request)
    return redirect(elsewhere or "portal:home")


@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    """Let the log-in go on (204), or say that it is over (403); asked by ``site.js``."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    request.session["seen"] = time.time()
    return HttpResponse(status=204)


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
