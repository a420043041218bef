"""The page of one's own signing key at the desk."""

import time
from typing import cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ledger.clock import now
from people import posted, second_factor
from people.errors import ActionRejected
from people.language import in_language
from people.models import SigningKey, User
from people.passkeys.pages import factor_again, password_user
from people.roles import REVIEWING
from people.signing_keys import actions

PAGE = "admin:signing_key"


def urls(site: AdminSite) -> list[URLPattern]:
    def own(request: HttpRequest) -> HttpResponse:
        return own_keys(site, request)

    return [path("signing-key/", site.admin_view(own), name="signing_key")]


def own_keys(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """List one's own keys, register one, revoke one; changes under a fresh second factor."""
    by = cast(User, password_user(request))
    if by.role not in REVIEWING:
        raise PermissionDenied
    fresh = second_factor.is_fresh(request, time.time())
    problem = None
    if request.method == "POST":
        if not fresh:
            return factor_again(PAGE)
        try:
            messages.success(request, _done(request, by))
            return redirect(PAGE)
        except ActionRejected as error:
            problem = error
    typed = request.POST.get("key", "")
    keys = list(SigningKey.objects.filter(user=by).order_by("-registered_at"))
    context = {
        **site.each_context(request),
        "title": _("Signing key"),
        "keys": keys,
        "in_use": next((key for key in keys if key.retired_at is None), None),
        "fresh": fresh,
        "problem": in_language(problem) if problem else "",
        "field": problem.field if problem else "",
        # what may be a private key is not sent back
        "typed": "" if problem and problem.code == "private_key" else typed[: actions.LONGEST],
        "reason": request.POST.get("reason", "")[: actions.LONGEST_REASON],
    }
    status = problem.status if problem else 200
    return TemplateResponse(request, "people/signing_key.html", context, status=status)


def _done(request: HttpRequest, by: User) -> str:
    """Carry out the action of a form; returns what to say of it. Raises ``ActionRejected``."""
    sent = request.POST
    posted.require_each_once(sent)
    if sent.get("action") == "register":
        actions.register(by=by, text=sent.get("key", ""), now=now())
        return _("The key is registered: what you sign with it counts from now on.")
    if sent.get("action") == "revoke":
        reason = sent.get("reason", "")
        actions.revoke(by=by, kid=sent.get("kid", ""), reason=reason, now=now())
        return _("The key is revoked: it signs nothing any more.")
    raise ActionRejected("no_such_action", "没有这个操作", "There is no such action.", status=422)
