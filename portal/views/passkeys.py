"""A citizen's passkeys: one's own, the challenge that a browser asks for, the log-in.

A form carries the browser's answer in ``credential``; people/static/people/passkeys.js puts it
there. Without JavaScript these forms stay hidden, and the other ways to log in do.
"""

import time

from django.contrib import auth
from django.contrib import messages as notes
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ledger.clock import now
from people import access, posted, second_factor
from people.actors import Actor
from people.errors import ActionRejected
from people.models import Passkey
from people.passkeys import actions, ceremony
from people.passkeys.ceremony import Purpose
from portal.login import levels
from portal.problems import from_refusal
from portal.views.access import known_user, persons
from portal.views.session import login_page, onward

_CHALLENGE = "passkey_challenge"  # in the session: the one that this browser was given last


@never_cache
@require_POST
def challenge(request: HttpRequest) -> HttpResponseBase:
    """Answer the options of ``navigator.credentials`` as JSON, or 403 with the ``problem``.

    Who asks to log in is nobody yet, and is answered alike whoever has passkeys.
    """
    if ceremony.is_available(request.get_host()):
        if request.POST.get("purpose") == Purpose.LOG_IN:
            return _options(request, Purpose.LOG_IN)
        if request.POST.get("purpose") == Purpose.ENROL and _may_enrol(request):
            return _options(request, Purpose.ENROL)
    return JsonResponse({"problem": gettext("Log in first.")}, status=403)


def _may_enrol(request: HttpRequest) -> bool:
    user = request.user
    return (
        user.is_authenticated
        and ceremony.is_citizen(user)
        and bool(user.subject)
        and _is_fresh(request)
    )


def _options(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    user = known_user(request) if purpose is Purpose.ENROL else None
    key, options = ceremony.begin(purpose, user, now())
    request.session[_CHALLENGE] = str(key)
    return JsonResponse(options)


@never_cache
@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in whose passkey it is, as surely as they were known when they added it."""
    page = onward(request, "portal:home")
    try:
        passkey = actions.use(
            purpose=Purpose.LOG_IN,
            user=None,
            answer=request.POST.get("credential", ""),
            challenge=request.session.pop(_CHALLENGE, ""),
            now=now(),
            of_citizen=True,
        )
    except ActionRejected as error:
        return login_page(request, page, from_refusal(error).text, error.status)
    auth.login(request, passkey.user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.cycle_key()  # of a log-in that was there already
    levels.note(request.session, levels.Level(passkey.level))
    request.session[second_factor.PASSKEY] = passkey.pk
    return redirect(page)


@persons
def own(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """List, add, name and remove one's own passkeys."""
    problem = None
    if request.method == "POST":
        if request.POST.get("action") == "log_in_again":
            auth.logout(request)
            return redirect_to_login(reverse("portal:passkeys"))
        try:
            notes.success(request, _done(request))
            return redirect("portal:passkeys")
        except ActionRejected as error:
            problem = error
    adding = problem is not None and request.POST.get("action") == "enrol"
    page = {
        "section": "cases",
        "passkeys": Passkey.objects.filter(user=known_user(request)).order_by("created_at", "pk"),
        "available": ceremony.is_available(request.get_host()),
        "fresh": _is_fresh(request),
        "problem": from_refusal(problem).text if problem else "",
        "typed": request.POST.get("name", "") if adding else "",
    }
    status = problem.status if problem else 200
    response = render(request, "portal/passkeys.html", page, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _done(request: HttpRequest) -> str:
    """Carry out the action of a form; returns what to say of it. Raises ``ActionRejected``."""
    sent, by = request.POST, known_user(request)
    posted.require_each_once(sent)
    action, name = sent.get("action"), sent.get("name", "")
    text = sent.get("passkey", "")
    passkey = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    if action == "rename":
        actions.rename(by=by, passkey=passkey, name=name, now=now())
        return gettext("The passkey has a new name.")
    if action not in ("enrol", "remove"):
        raise ActionRejected(
            "no_such_action", "没有这个操作", "There is no such action.", status=422
        )
    if not _is_fresh(request):
        raise ActionRejected(
            "log_in_again",
            "登录已超过15分钟，请重新登录后再添加或删除通行密钥",
            "You logged in more than 15 minutes ago: log in again to add or remove a passkey.",
            status=403,
        )
    if action == "remove":
        actions.remove(by=by, passkey=passkey, now=now())
        return gettext("The passkey is removed.")
    actions.enrol(
        by=by,
        answer=sent.get("credential", ""),
        challenge=request.session.pop(_CHALLENGE, ""),
        name=name,
        now=now(),
        level=levels.reached(request.session),
    )
    return gettext("The passkey is added. From now on it logs you in.")


def _is_fresh(request: HttpRequest) -> bool:
    return access.began_lately(request, time.time(), within=second_factor.FRESH_SECONDS)
