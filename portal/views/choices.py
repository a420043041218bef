"""Part of a form while somebody types: the choices of a picker, and addresses."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ledger.clock import city_date, now
from people.actors import Actor
from people.language import language
from portal import forms, pickers
from portal.views.access import citizens
from services import catalogue


@citizens
@require_POST
def choices(request: HttpRequest, code: str, name: str, *, by: Actor) -> HttpResponse:
    """Return what answers a search for one question, posted so that no address holds it.

    Nobody is looked up: it is the catalogue of an edition, or the registry of addresses.
    """
    today = city_date(now())
    edition = catalogue.current(code, today)
    if edition is None:
        raise Http404
    book = catalogue.rulebook(edition)
    form = {"type": "object", "properties": {name: book.form["properties"].get(name, {})}}
    answers = forms.parse(form, request.POST)
    questions = forms.fields(form, answers, language())
    if len(questions) != 1 or not questions[0].is_searched:
        raise Http404
    question = questions[0]
    pickers.fill([question], book, answers, request.POST, today)
    template = "address_found" if question.address else "picked"
    response = render(request, f"portal/parts/{template}.html", {"field": question})
    response["Cache-Control"] = "no-store"
    return response
