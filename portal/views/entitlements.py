"""What is paid to a citizen by period: how much, since when, until when, and why it changed."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from entitlements import actions, queries, rules
from ledger.clock import city_date, now
from people.actors import Actor
from people.errors import ActionRejected
from portal import entitled
from portal.problems import from_refusal
from portal.views.access import persons, require_level


@require_http_methods(["GET", "HEAD", "POST"])
@persons
def entitlement(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """One's own entitlement; a POST confirms that nothing has changed, where the pack asks."""
    row = queries.held_by(by.code).filter(pk=key).first()
    if row is None:
        raise Http404
    problems = []
    if request.method == "POST":
        if (book := rules.book_on(row.service, city_date(now()))) is not None:
            require_level(request, book)
        try:
            actions.confirm(key=row.pk, by=by, now=now())
        except ActionRejected as error:
            problems = [from_refusal(error)]
        else:
            messages.success(request, gettext("Thank you: it is recorded."))
            return redirect("portal:entitlement", key=row.pk)
    shown = entitled.page(row, city_date(now()))
    page = {"section": "cases", "problems": problems, **shown}
    status = 409 if problems else 200
    response = render(request, "portal/entitlement.html", page, status=status)
    response["Cache-Control"] = "no-store"
    return response
