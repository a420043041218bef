"""The desk's site: Django admin in unfold's clothes, behind a policy of its own.

unfold's Alpine evaluates expressions and writes styles; that is allowed under /desk/ and nowhere
else.
"""

from typing import Any
from urllib.parse import urlencode

import segno
from django import forms
from django.contrib.admin import autodiscover
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.clock import now
from people import second_factor
from people.models import User

RELAXED = {"script-src": ["'unsafe-eval'", "'unsafe-inline'"], "style-src": ["'unsafe-inline'"]}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class Desk(UnfoldAdminSite):
    """Clerks and other staff; citizens have the portal.

    The apps' `admin` modules are imported when the addresses or the checks are asked for: an engine
    or a command that shows no page does without a second of imports.
    """

    index_template = "approvals/front.html"
    index_title = _("Your work")

    @property
    def urls(self) -> Any:
        autodiscover()  # imports each module once, however often it is called
        return super().urls

    def check(self, app_configs: Any) -> list[Any]:
        autodiscover()
        return list(super().check(app_configs))

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.role != "citizen")

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        from approvals.admin.front import front  # the site is made before the models are

        work = {"front": front(User.objects.get(username=request.user.get_username()), now())}
        return super().index(request, {**(extra_context or {}), **work})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _relaxed(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and second_factor.is_missing(request, _password_user(request)):
            onward = {"next": request.GET.get("next", reverse("admin:index"))}
            return redirect(f"{reverse('admin:second_factor')}?{urlencode(onward)}")
        if request.method == "GET" and "next" not in request.GET:  # else: to the portal
            return redirect(f"{request.path}?{urlencode({'next': reverse('admin:index')})}")
        response = super().login(request, extra_context)
        response._csp_update = RELAXED
        return response

    def get_urls(self) -> list[URLPattern | URLResolver]:
        view = never_cache(_relaxed(self.second_factor))
        return [path("second-factor/", view, name="second_factor"), *super().get_urls()]

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask an officer who gave the password for a code; at the first log-in, enrol a device."""
        user = _password_user(request)
        if not isinstance(user, User) or not second_factor.is_missing(request, user):
            return redirect("admin:index")
        codes: list[str] = []
        problem = ""
        if request.method == "POST":
            form = CodeForm(request.POST)
            code = form.cleaned_data["code"].strip() if form.is_valid() else ""
            if second_factor.is_enrolled(user):
                if second_factor.verify(request, user, code):
                    return redirect(_onward(request))
            else:
                codes = second_factor.enrol(request, user, code)
            problem = "" if codes else gettext("That code is not right. Wait for the next one.")
        context = {
            **self.each_context(request),
            "title": gettext("Second factor"),
            "form": CodeForm(),
            "codes": codes,
            "problem": problem,
            "next": _onward(request),
            **({} if codes or second_factor.is_enrolled(user) else _enrolment(user)),
        }
        return TemplateResponse(request, "people/second_factor.html", context)


def _password_user(request: HttpRequest) -> Any:
    """Return who has given the password (``people.second_factor.SecondFactor``)."""
    user: Any = request.password_user  # type: ignore[attr-defined]
    return User.objects.get(pk=user.pk) if user.is_authenticated else user


def _onward(request: HttpRequest) -> str:
    address = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if address and url_has_allowed_host_and_scheme(address, here, request.is_secure()):
        return address
    return reverse("admin:index")


def _enrolment(user: User) -> dict[str, str]:
    device = second_factor.new_device(user)
    address = second_factor.enrolment_address(device)
    qr = segno.make(address, error="m").svg_data_uri(scale=5)
    return {"secret": second_factor.shown_secret(device), "qr": qr}


def _relaxed(view: Any) -> Any:
    def relaxed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = RELAXED
        return response

    relaxed.__dict__.update(view.__dict__)  # csrf_exempt and the like
    return relaxed
