"""The desk's site: Django admin in unfold's clothes, behind a policy of its own.

unfold's Alpine evaluates expressions and writes styles; that is allowed under /desk/ and nowhere
else.
"""

import logging
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib.admin import autodiscover
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, URLPattern, URLResolver, path, resolve, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.clock import now
from people import second_factor
from people.errors import ActionRejected
from people.language import in_language
from people.models import Passkey, User
from people.passkeys import ceremony, pages
from people.passkeys.pages import password_user, way_on
from people.signing_keys import pages as signing_keys
from people.traces import searched

log = logging.getLogger(__name__)
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
    login_template = "people/log_in.html"

    @property
    def urls(self) -> Any:
        autodiscover()  # imports each module once, however often it is called
        return super().urls

    def check(self, app_configs: Any) -> list[Any]:
        autodiscover()
        return list(super().check(app_configs))

    def register(self, models: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out what Django OAuth Toolkit brings: its models are ``exchange``'s here."""
        if not getattr(admin_class, "__module__", "").startswith("oauth2_provider."):
            super().register(models, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.role != "citizen")

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        from approvals.admin.front import front  # the site is made before the models are

        work = {"front": front(User.objects.get(username=request.user.get_username()), now())}
        return super().index(request, {**(extra_context or {}), **work})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _relaxed(super().admin_view(_logged(_without_number(view)), cacheable))

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead what was typed above a list, which is posted, to that list.

        An ID number becomes its keyed index: it stands in no address (``people.traces.searched``).
        In place of the theme's own search, which sends by GET what is being typed.
        """
        form = request.POST
        page = form.get("list", "")
        if request.method != "POST" or not _is_list(page):
            return redirect("admin:index")
        kept = [(k, v) for k, v in form.items() if k not in ("csrfmiddlewaretoken", "list", "p")]
        typed = {SEARCH_VAR: searched(form.get(SEARCH_VAR, ""))}
        return redirect(f"{page}?{urlencode({**dict(kept), **typed})}")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and second_factor.is_missing(request, password_user(request)):
            onward = {"next": request.GET.get("next", reverse("admin:index"))}
            return redirect(f"{reverse('admin:second_factor')}?{urlencode(onward)}")
        if request.method == "GET" and "next" not in request.GET:  # else: to the portal
            return redirect(f"{request.path}?{urlencode({'next': reverse('admin:index')})}")
        more = {"passkeys": ceremony.is_available(request.get_host()), "next": way_on(request)}
        response = super().login(request, {**(extra_context or {}), **more})
        response._csp_update = RELAXED
        return response

    def get_urls(self) -> list[URLPattern | URLResolver]:
        view = never_cache(_relaxed(self.second_factor))
        own = [path("second-factor/", view, name="second_factor"), *pages.urls(self)]
        return [*own, *signing_keys.urls(self), *super().get_urls()]

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask an officer who gave the password for a code or a passkey; at the first log-in, enrol.

        ``again``: of one who is let in already, for what needs a second factor given just now.
        """
        user = password_user(request)
        again = bool(request.GET.get("again") or request.POST.get("again"))
        if not isinstance(user, User) or not _asked(request, user, again):
            return redirect("admin:index")
        codes: list[str] = []
        problem = ""
        if request.method == "POST":
            codes, problem = _taken(request, user)
            if not (codes or problem):
                return redirect(way_on(request))
        passkeys = ceremony.is_available(request.get_host())
        context = {
            **self.each_context(request),
            "title": gettext("Second factor"),
            "form": CodeForm(),
            "codes": codes,
            "problem": problem,
            "next": way_on(request),
            "again": again,
            "passkeys": passkeys and Passkey.objects.filter(user=user).exists(),
            **({} if codes or second_factor.is_enrolled(user) else _enrolment(user)),
        }
        return TemplateResponse(request, "people/second_factor.html", context)


def _asked(request: HttpRequest, user: User, again: bool) -> bool:
    """Tell whether a second factor is to be given here; a demo has none."""
    if second_factor.is_missing(request, user):
        return True
    return again and settings.SECOND_FACTOR and user.is_staff


def _taken(request: HttpRequest, user: User) -> tuple[list[str], str]:
    """Return recovery codes to show once, and what was wrong; nothing of both: let in."""
    if "credential" in request.POST:
        try:
            pages.as_second_factor(request, user)
        except ActionRejected as error:
            return [], in_language(error)
        return [], ""
    form = CodeForm(request.POST)
    code = form.cleaned_data["code"].strip() if form.is_valid() else ""
    wrong = gettext("That code is not right. Wait for the next one.")
    if second_factor.is_enrolled(user):
        return [], "" if second_factor.verify(request, user, code) else wrong
    codes = second_factor.enrol(request, user, code)
    return codes, "" if codes else wrong


def _enrolment(user: User) -> dict[str, str]:
    device = second_factor.new_device(user)
    address = second_factor.enrolment_address(device)
    qr = segno.make(address, error="m").svg_data_uri(scale=5)
    return {"secret": second_factor.shown_secret(device), "qr": qr}


def _is_list(page: str) -> bool:
    try:
        found = resolve(page)
    except Resolver404:
        return False
    return "admin" in found.app_names and str(found.url_name).endswith("_changelist")


def _without_number(view: Any) -> Any:
    """Lead whoever writes an ID number into a list's address away from it at once."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        term = request.GET.get(SEARCH_VAR, "")
        if request.method == "GET" and term.strip() and searched(term) != term.strip():
            values = request.GET.copy()
            values[SEARCH_VAR] = searched(term)
            return redirect(f"{request.path}?{values.urlencode()}")
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return guarded


def _logged(view: Any) -> Any:
    """Log each form of the desk that is rejected, and who sent it; nothing of what was typed."""

    @wraps(view)
    def logged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *args, **kwargs)
        except (Http404, PermissionDenied) as error:
            _log_rejected(request, 404 if isinstance(error, Http404) else 403)
            raise
        if response.status_code >= 400:
            _log_rejected(request, response.status_code)
        return response

    return logged


def _log_rejected(request: HttpRequest, status: int) -> None:
    if request.method != "POST":
        return
    action = request.POST.get("action") or request.POST.get("preview") or ""
    name, who = action if action.isidentifier() else "-", request.user.get_username()
    log.warning("rejected with %d: %s by %s at %s", status, name[:40], who, request.path)


def _relaxed(view: Any) -> Any:
    def relaxed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = RELAXED
        return response

    relaxed.__dict__.update(view.__dict__)  # csrf_exempt and the like
    return relaxed
