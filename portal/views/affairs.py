"""A citizen's affairs in one place: what they have begun, what waits for them, what was decided."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from affairs import drafts, messages
from approvals import listed_people, queries
from approvals.documents import listing
from approvals.models import Cosignature
from approvals.states import State
from bundles import drafts as bundle_drafts
from bundles import queries as bundled
from bundles.offers import find as find_bundle
from certificates.queries import held_by
from ledger.clock import city_date, now
from people.actors import Actor
from people.language import in_language
from portal import entitled, results
from portal.bundles.progress import progress
from portal.views import offers
from portal.views.access import citizens
from portal.views.messages import row as message_row
from services import catalogue

MOST = 100  # cases
FEW = 5  # of what has a page of its own
WITH_PAPERS = 20  # the newest cases, whose documents are listed


@citizens
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    moment = now()
    own = queries.with_confirmation(queries.visible_to(by)).select_related("office")
    cases = list(own.order_by("-created_at")[:MOST])
    others = queries.with_confirmation(queries.handed_in_for_others(by))
    others = others.order_by("-created_at")[:MOST]
    held = held_by(by)[: FEW + 1]
    papers = listing.of_cases(cases[:WITH_PAPERS])
    page = {
        "section": "cases",
        "to_correct": [
            results.row(case) for case in (*cases, *others) if case.state == State.RETURNED
        ],
        "to_sign": [_signature(pending, by) for pending in queries.to_confirm(by)],
        "drafts": [_draft(saved, moment) for saved in drafts.all_of(by, moment)],
        "messages_new": [message_row(m) for m in messages.inbox(by).filter(read_at=None)[:FEW]],
        "rows": [results.row(case) for case in cases],
        "for_others": [{"row": results.row(case), "who": case.applicant_name} for case in others],
        "by": by,
        "certificates": [results.paper(one, city_date(moment)) for one in held[:FEW]],
        "papers": [{"case": case.number, "entry": entry} for case, entry in papers[: 2 * FEW]],
    }
    if not by.enterprise:
        page |= _of_persons(by, moment)
    response = render(request, "portal/cases.html", page)
    response["Cache-Control"] = "no-store"
    return response


def _of_persons(by: Actor, moment: datetime.datetime) -> dict[str, Any]:
    """Return what persons have alone, and nobody has for an enterprise."""
    return {
        "offers": offers.lines(by, moment),
        "entitled": entitled.lines(by.code, city_date(moment)),
        "bundle_drafts": [_bundle_draft(one) for one in bundle_drafts.all_of(by, moment)],
        "bundled_cases": [progress(one, by) for one in bundled.visible_to(by)[:FEW]],
        "assistants": settings.ASSISTANTS.is_open,
        "appointments": import_string(settings.MY_APPOINTMENTS)(by, moment),
    }


def _signature(pending: Cosignature, by: Actor) -> dict[str, Any]:
    book = catalogue.rulebook(pending.application.edition_id)
    return {
        "number": pending.application.number,
        "title": in_language(book.pack.name),
        "role": listed_people.people(pending.application, book).named(by.code)[1],
        "who": pending.application.applicant_name,
        "due": pending.due_at,
    }


def _draft(saved: drafts.Saved, moment: datetime.datetime) -> dict[str, Any]:
    edition = catalogue.current(saved.service, city_date(moment))
    book = catalogue.rulebook(edition) if edition else None
    shown = book or catalogue.numbered(saved.service, saved.edition)
    return {
        "saved": saved,
        "title": in_language(shown.pack.name) if shown else saved.service,
        "is_open": book is not None,
        "has_changed": book is not None and book.number != saved.edition,
    }


def _bundle_draft(saved: bundle_drafts.Saved) -> dict[str, Any]:
    bundle = find_bundle(saved.bundle)
    return {
        "saved": saved,
        "title": in_language(bundle) if bundle else saved.bundle,
        "is_open": bundle is not None,
    }


@require_POST
@citizens
def draft(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """Delete a draft of one's own; where the service is open its form begins anew."""
    drafts.delete(service=code, by=by)
    if request.POST.get("back") or catalogue.current(code, city_date(now())) is None:
        notes.success(request, gettext("The draft is deleted."))
        return redirect("portal:cases")
    return redirect("portal:apply", code=code)
