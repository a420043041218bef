"""A copy of what somebody handed in, to read, print and keep."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ledger.clock import now
from people.actors import Actor
from people.language import in_language, language
from portal import forms, outcome, results, uploads
from portal.views.access import citizens
from portal.views.cases import own_case
from services import catalogue
from services.filings import form_for


@citizens
def answers(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The answers of a case in words, ID numbers masked, and the conditions as they stand."""
    case = own_case(number, by)
    book = catalogue.rulebook(case.edition_id)
    fields = forms.fields(form_for(book, case.answers, case.as_of), case.answers, language())
    uploads.fill(fields, book, uploads.of_case(case, case.answers, book, by))
    page = {
        "section": "cases",
        "result": results.result(case, now=now()),
        "service": in_language(book.pack.name),
        "fields": outcome.answered(fields),
        "declared": [field for field in fields if field.declared and field.answered],
    }
    response = render(request, "portal/answers.html", page)
    response["Cache-Control"] = "no-store"
    return response
