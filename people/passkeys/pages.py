"""Pages of passkeys at the desk: one's own, the challenge that a browser asks for, the log-in.

A form carries the browser's answer in ``credential``; people/static/people/passkeys.js puts it
there. Without JavaScript these forms stay hidden, and codes do.
"""

import time
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import auth, messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ledger.clock import now
from people import posted, second_factor
from people.errors import ActionRejected
from people.language import in_language
from people.models import Passkey, User
from people.passkeys import actions, ceremony
from people.passkeys.ceremony import Purpose

_KEY = "passkey_challenge"  # in the session: the challenge that this browser was given last
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def urls(site: AdminSite) -> list[URLPattern]:
    def own(request: HttpRequest) -> HttpResponse:
        return own_passkeys(site, request)

    return [
        path("passkeys/", site.admin_view(own), name="passkeys"),
        path("passkeys/challenge/", never_cache(challenge), name="passkey_challenge"),
        path("passkeys/log-in/", never_cache(log_in), name="passkey_log_in"),
    ]


def way_on(request: HttpRequest) -> str:
    """Return where whoever has logged in wanted to go: an address of ours, or the desk."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if address and url_has_allowed_host_and_scheme(address, here, request.is_secure()):
        return address
    return reverse("admin:index")


@require_POST
def challenge(request: HttpRequest) -> HttpResponse:
    """Answer the options of ``navigator.credentials`` as JSON, or 403 with the ``problem``."""
    purpose = request.POST.get("purpose", "")
    if not _may_ask(request, purpose):
        return JsonResponse({"problem": _("Log in first, with your second factor.")}, status=403)
    user = password_user(request) if purpose != Purpose.LOG_IN else None
    key, options = ceremony.begin(Purpose(purpose), user, now())
    request.session[_KEY] = str(key)
    return JsonResponse(options)


def _may_ask(request: HttpRequest, purpose: str) -> bool:
    if purpose not in Purpose.values or not ceremony.is_available(request.get_host()):
        return False
    if purpose == Purpose.LOG_IN:
        return True
    if purpose == Purpose.SECOND_FACTOR:
        return bool(getattr(password_user(request), "is_staff", False))
    staff = bool(getattr(request.user, "is_staff", False))
    return staff and second_factor.is_fresh(request, time.time())


@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in by a passkey that has verified its user: password and second factor at once."""
    try:
        passkey = _used(request, Purpose.LOG_IN, None)
    except ActionRejected as error:
        messages.error(request, in_language(error))
        return redirect(f"{reverse('admin:login')}?{urlencode({'next': way_on(request)})}")
    auth.login(request, passkey.user, backend=_BACKEND)
    second_factor.let_in(request, passkey.user, passkey)
    return redirect(way_on(request))


def as_second_factor(request: HttpRequest, user: User) -> None:
    """Let in whoever has given the password and signs with a passkey; raises ``ActionRejected``."""
    second_factor.let_in(request, user, _used(request, Purpose.SECOND_FACTOR, user))


def _used(request: HttpRequest, purpose: Purpose, user: User | None) -> Passkey:
    return actions.use(
        purpose=purpose,
        user=user,
        answer=request.POST.get("credential", ""),
        challenge=request.session.pop(_KEY, ""),
        now=now(),
    )


def own_passkeys(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """List, enrol, name and remove one's own passkeys."""
    by = cast(User, password_user(request))
    fresh = second_factor.is_fresh(request, time.time())
    problem = None
    if request.method == "POST":
        if not fresh and request.POST.get("action") != "rename":
            return factor_again("admin:passkeys")
        try:
            messages.success(request, _done(request, by))
            return redirect("admin:passkeys")
        except ActionRejected as error:
            problem = error
    context = {
        **site.each_context(request),
        "title": _("Passkeys"),
        "passkeys": Passkey.objects.filter(user=by).order_by("created_at", "pk"),
        "available": ceremony.is_available(request.get_host()),
        "fresh": fresh,
        "problem": in_language(problem) if problem else "",
    }
    status = problem.status if problem else 200
    return TemplateResponse(request, "people/passkeys.html", context, status=status)


def _done(request: HttpRequest, by: User) -> str:
    """Carry out the action of a form; returns what to say of it. Raises ``ActionRejected``."""
    sent = request.POST
    posted.require_each_once(sent)
    name = sent.get("name", "")
    if sent.get("action") == "enrol":
        key, answer = request.session.pop(_KEY, ""), sent.get("credential", "")
        actions.enrol(by=by, answer=answer, challenge=key, name=name, now=now())
        return _("The passkey is enrolled. From now on it logs you in.")
    text = sent.get("passkey", "")
    passkey = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    if sent.get("action") == "rename":
        actions.rename(by=by, passkey=passkey, name=name, now=now())
        return _("The passkey has a new name.")
    if sent.get("action") == "remove":
        actions.remove(by=by, passkey=passkey, now=now())
        return _("The passkey is removed. It opens nothing any more.")
    raise ActionRejected("no_such_action", "没有这个操作", "There is no such action.", status=422)


def factor_again(page: str) -> HttpResponseRedirect:
    """Lead to the second factor, and from there back to a page of one's own account."""
    onward = {"again": "1", "next": reverse(page)}
    return redirect(f"{reverse('admin:second_factor')}?{urlencode(onward)}")


def password_user(request: HttpRequest) -> Any:
    """Return who has given the password (``people.second_factor.SecondFactor``)."""
    user: Any = request.password_user  # type: ignore[attr-defined]
    return User.objects.get(pk=user.pk) if user.is_authenticated else user
