"""A citizen applies for themselves."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from affairs import drafts
from approvals.actions import Applicant
from approvals.models import Application
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor
from people.language import in_language
from portal.applying import EntryPoint, begin, go_on
from portal.views.access import citizens, known_user, require_level
from services import catalogue


@citizens
def apply(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """GET: the form. POST: ``step`` is check, edit or submit."""
    moment = now()
    edition = catalogue.current(code, city_date(moment))
    if edition is None:
        return _withdrawn(request, code, by, moment)
    book = catalogue.rulebook(edition)
    if book.pack.applicant != "person":
        raise PermissionDenied("enterprises apply at a counter or through the interface")
    require_level(request, book)
    user = known_user(request)
    assert user.number is not None  # encrypted beside the subject, which `citizens` asks for
    entry = EntryPoint(
        by=by,
        applicant=Applicant("person", identity.decrypt(bytes(user.number)), user.name),
        address=reverse("portal:apply", args=[code]),
        done=_page_of,
    )
    answer = go_on if request.method == "POST" else begin
    return answer(request, book, entry, moment)


def _withdrawn(request: HttpRequest, code: str, by: Actor, moment: Any) -> HttpResponse:
    """Say to whoever has a draft that its service takes no applications now (410); 404 else."""
    saved = drafts.find(code, by, moment)
    book = catalogue.numbered(code, saved.edition) if saved else None
    if book is None:
        raise Http404
    page = {"service": in_language(book.pack.name), "saved": saved}
    return render(request, "portal/closed.html", page, status=410)


def _page_of(application: Application) -> str:
    return reverse("portal:case", args=[application.number])
