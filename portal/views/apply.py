"""A citizen applies for themselves, or for the enterprise that they act for."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from affairs import drafts
from approvals.models import Application
from ledger.clock import city_date, now
from people.actors import Actor
from people.language import in_language
from people.models import User
from portal import capacity, resending
from portal.applying import EntryPoint, begin, go_on
from portal.views.access import NotForAgents, citizens, known_user, require_level
from services import catalogue
from services.rulebook import Rulebook


@citizens
def apply(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """GET: the form. POST: ``step`` is check, edit or submit."""
    moment = now()
    edition = catalogue.current(code, city_date(moment))
    if edition is None:
        return _withdrawn(request, code, by, moment)
    book = catalogue.rulebook(edition)
    user = known_user(request)
    if page := _by_another(request, book, user, by):
        return page
    require_level(request, book)
    represents = capacity.represents(request, code)
    entry = EntryPoint(
        by=by,
        applicant=capacity.applicant(request, user),
        address=reverse("portal:apply", args=[code]),
        done=_page_of,
        channel=represents.acting if represents else "portal",
        represents=represents,
    )
    answer = go_on if request.method == "POST" else begin
    return answer(request, book, entry, moment)


def _by_another(request: HttpRequest, book: Rulebook, user: User, by: Actor) -> HttpResponse | None:
    """Lead whoever acts for another kind of applicant to whom the service is for."""
    if book.pack.applicant == "enterprise":
        if not by.enterprise:
            way = urlencode({"next": request.path}, safe="/")
            return redirect(f"{reverse('portal:capacities')}?{way}")
        if by.is_agent and not by.covers(book.code):
            raise NotForAgents
        return None
    return resending.other_capacity(request, user, own=True) if by.enterprise else None


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
