"""Who has looked at my data: the list, a PDF to read, and a JSON document that proves it."""

from collections.abc import Iterable
from itertools import groupby

import orjson
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from affairs import accesses, paper
from affairs.accesses import Access
from certificates.pdf.drawing import NoGlyph
from ledger.clock import now
from people import identity
from people.actors import Actor
from portal import capacity
from portal.views.access import citizens, known_user, require_principal

PAGE = 50  # entries


def notes() -> list[str]:
    """Return what the list says of itself."""
    return [
        gettext(
            "Every look-up of a registry about you and every reading of your cases and certificates"
            " is here, with its purpose and its law. Your own pages are left out, but not the"
            " look-ups that they made."
        ),
        gettext(
            "The law permits to withhold an entry as long as it would hinder an investigation"
            " (Personal Information Protection Law, art. 18 and 35). Nothing is withheld here."
        ),
    ]


def together(rows: Iterable[Access]) -> list[list[Access]]:
    """Return what one page asked for in one second as one: its look-ups differ by registry alone.

    Each is still there with its law and answer; the documents list them one by one.
    """

    def occasion(one: Access) -> tuple[object, ...]:
        return one.who, one.at.replace(microsecond=0), one.purpose, one.case

    return [list(group) for _, group in groupby(rows, occasion)]


@citizens
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    require_principal(by)
    shown = Paginator(accesses.of(by), PAGE).get_page(request.GET.get("page"))
    page = {"section": "cases", "shown": shown, "groups": together(shown), "notes": notes()}
    response = render(request, "portal/accesses.html", page)
    response["Cache-Control"] = "no-store"
    return response


@citizens
def as_json(request: HttpRequest, *, by: Actor) -> HttpResponse:
    require_principal(by)
    document = orjson.dumps(accesses.export(by, now()), option=orjson.OPT_INDENT_2)
    return _file(document, "application/json", "accesses.json")


@citizens
def as_pdf(request: HttpRequest, *, by: Actor) -> HttpResponse:
    require_principal(by)
    whose = capacity.applicant(request, known_user(request))
    person = f"{whose.name} {identity.mask(whose.number)}"
    try:
        drawn = paper.pdf(accesses.of(by), person, notes(), now())
    except NoGlyph:
        return render(request, "certificates/no_glyph.html", status=409)
    return _file(drawn, "application/pdf", "accesses.pdf")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response
