"""Pages for everybody: the catalogue, what one service asks and promises, help and statements."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from affairs import ratings
from approvals import queries
from approvals.states import OPEN
from ledger.clock import city_date, now
from people.language import in_language
from people.numbers import has_id_number, meant_as_id_number
from portal import capacity, finding, guide
from portal.views import offers
from services import catalogue


def home(request: HttpRequest) -> HttpResponse:
    """Show all services, those for whoever asks (``for``), or those that a query finds (``q``).

    What is typed is searched as it is typed: htmx gets the part of the page that changes. It is
    posted, and searched only where it is nobody's number: no address holds one.
    """
    today = city_date(now())
    sent = request.POST if request.method == "POST" else request.GET
    typed = sent.get("q", "").strip()
    is_number = bool(meant_as_id_number(typed)) or has_id_number(typed)
    query = "" if is_number else typed[: finding.LONGEST]
    audience = sent.get("for", "")
    audience = audience if audience in finding.AUDIENCES else ""
    is_part = bool(getattr(request, "htmx", False))
    if not is_part and (request.method == "POST" or is_number):
        asked = {"for": audience, "q": query}
        return redirect(f"{request.path}?{urlencode({k: v for k, v in asked.items() if v})}")
    if query:
        found = finding.search(query, today, audience)
    else:
        found = finding.everything(today, audience)
    page = {
        "section": "home",
        "q": query,
        "audience": audience,
        "found": found,
        "events": [] if query else finding.events(audience),
    }
    if not is_part:
        page["open_cases"] = _open_cases(request)
        page["offers"] = _offers(request)
    template = "portal/parts/found.html" if is_part else "portal/home.html"
    response = render(request, template, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _open_cases(request: HttpRequest) -> int:
    user = request.user
    if not user.is_authenticated or not user.subject:
        return 0
    return queries.visible_to(capacity.actor_now(request, user)).filter(state__in=OPEN).count()


def _offers(request: HttpRequest) -> list[offers.Line]:
    user = request.user
    if not user.is_authenticated or not user.subject:
        return []
    by = capacity.actor_now(request, user)
    return [] if by.enterprise else offers.lines(by, now())


def life(request: HttpRequest, event: str) -> HttpResponse:
    """Show what can be done when something happens in somebody's life: online, or at a counter."""
    found = settings.CITY.life_events.get(event)
    if found is None:
        raise Http404
    page = {
        "section": "home",
        "name": in_language(found),
        "found": finding.of_event(found, city_date(now())),
    }
    return render(request, "portal/life.html", page)


def service(request: HttpRequest, code: str) -> HttpResponse:
    """The guide to one service (办事指南)."""
    today = city_date(now())
    edition = catalogue.current(code, today)
    if edition is None:
        raise Http404
    book = catalogue.rulebook(edition)
    made = guide.guide(book, today, instant=catalogue.automatic([book])[code])
    page = {"guide": made, "sheet": made.sheet, "average": ratings.average(code)}
    return render(request, "portal/service.html", page)


def about(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/about.html", {})


def help_(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/help.html", {"events": finding.events("")})


def contact(request: HttpRequest) -> HttpResponse:
    """Whom to ask: the city's hall and telephone, and the office of each service."""
    books = catalogue.all_current(city_date(now()))
    offices = [(in_language(b.pack.name), b.code, in_language(b.pack.department)) for b in books]
    return render(request, "portal/contact.html", {"offices": offices})


def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of people, where it comes from, and what they may ask for (PIPL)."""
    keepers = [(in_language(r), in_language(r.keeper)) for r in settings.CITY.registries.values()]
    return render(request, "portal/privacy.html", {"keepers": keepers})


def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html", {})
