"""The catalogue: what can be applied for, and what one service asks and promises."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import queries
from approvals.states import OPEN
from ledger.clock import city_date, now
from people import actors
from portal import sheets
from services import catalogue


def home(request: HttpRequest) -> HttpResponse:
    """Show all services, or those that a word of two characters finds."""
    today = city_date(now())
    query = request.GET.get("q", "").strip()[:40]
    books = catalogue.all_current(today)
    instant = catalogue.automatic(book.code for book in books)
    found = [sheets.sheet(b, today, instant=instant[b.code], full=False) for b in books]
    page = {
        "section": "home",
        "q": query,
        "sheets": [s for s in found if s.matches(query)] if query else found,
        "open_cases": _open_cases(request),
    }
    return render(request, "portal/home.html", page)


def _open_cases(request: HttpRequest) -> int:
    user = request.user
    if not user.is_authenticated or not user.subject:
        return 0
    return queries.visible_to(actors.citizen(user)).filter(state__in=OPEN).count()


def service(request: HttpRequest, code: str) -> HttpResponse:
    today = city_date(now())
    edition = catalogue.current(code, today)
    if edition is None:
        raise Http404
    book = catalogue.rulebook(edition)
    sheet = sheets.sheet(book, today, instant=catalogue.automatic([code])[code])
    return render(request, "portal/service.html", {"sheet": sheet})


def about(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/about.html", {})
