"""Rolling back at the desk: an earlier edition's text is proposed again, for a reason."""

from __future__ import annotations

import datetime
from typing import cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from city.errors import SourceError
from ledger.clock import city_date, now
from people import actors, posted
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from people.roles import POLICIES
from services import catalogue, publish
from services.models import Edition
from services.rule_pages import difference_in_words


def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would come back, ask for the reason and the day; then propose it."""
    user = cast(User, request.user)
    if user.role not in POLICIES:
        raise PermissionDenied
    edition = get_object_or_404(Edition.objects.select_related("service"), pk=pk)
    latest = Edition.objects.filter(service=edition.service_id).order_by("-number").first()
    assert latest is not None  # at least this one
    problem, faults, status = "", [], 200
    if request.method == "POST":
        try:
            posted.require_each_once(request.POST)
            rollback = publish.Rollback(request.POST.get("reason", ""), _day(request))
            file = f"{edition.service_id}.yaml"
            made = publish.propose(
                edition.source, by=actors.officer(user), now=now(), file=file, rollback=rollback
            )
        except ActionRejected as error:
            problem, status = in_language(error), error.status
        except SourceError as error:
            faults, status = [in_language(one) for one in error.all()], 422
        else:
            said = _("Proposed as %(number)s: a legal and a technical officer review it.")
            messages.success(request, said % {"number": made.pk})
            return redirect("admin:services_proposal_change", made.pk)
    today = city_date(now())
    book = catalogue.rulebook(edition)
    context = {
        **admin.site.each_context(request),
        "title": _("Roll back to %(edition)s") % {"edition": edition},
        "edition": edition,
        "latest": latest,
        "name": in_language(book.pack.name),
        "today": today,
        "day": request.POST.get("day") or str(max(today, latest.in_force_from)),
        "reason": request.POST.get("reason", ""),
        "problem": problem,
        "faults": faults,
        "days": settings.CITY.governance.trials.rollback_days,
        **difference_in_words(catalogue.rulebook(latest), book, max(today, latest.in_force_from)),
    }
    return TemplateResponse(request, "admin/services/rollback.html", context, status=status)


def _day(request: HttpRequest) -> datetime.date:
    text = request.POST.get("day", "")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        zh, en = f"不是日期：{text}", f"This is no day: {text}"
        raise ActionRejected("no_day", zh, en, status=422, field="/day") from None
