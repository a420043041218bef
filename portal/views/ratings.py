"""Rating a settled case, and reading what the office answered."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from affairs import ratings
from affairs.ratings import Opinion
from affairs.rows.ratings import LONGEST, Grade, Point
from ledger.clock import now
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from portal import switching
from portal.problems import Problem, from_refusal
from portal.views.access import citizens
from portal.views.cases import own_case
from services import catalogue


@citizens
def rate(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """GET: the question, or what was said and answered. POST: rate, once."""
    choice = switching.chosen(request)
    application = own_case(number, by)
    problems: list[Problem] = []
    sent = request.POST
    if request.method == "POST" and not choice:
        grade = sent.get("grade", "")
        opinion = Opinion(
            int(grade) if grade in {"1", "2", "3", "4", "5"} else 0,
            sent.getlist("point"),
            sent.get("words", ""),
        )
        try:
            ratings.rate(number=number, opinion=opinion, by=by, now=now())
        except ActionRejected as error:
            target = {"/grade": "grade-5", "/words": "words"}.get(error.field, "main")
            problems = [Problem(error.field, from_refusal(error).text, target)]
            status = error.status
        else:
            messages.success(request, gettext("Thank you."))
            return redirect("portal:rate", number=number)
    given = ratings.of_case(application, by)
    is_open = ratings.is_open(application, by)
    page = {
        "section": "cases",
        "number": number,
        "service": in_language(catalogue.rulebook(application.edition_id).pack.name),
        "rating": given,
        "is_open": is_open,
        "form_id": switching.FORM if is_open and given is None else "",
        "grades": sorted(Grade.choices, reverse=True),
        "points": [
            (value, label, value in sent.getlist("point")) for value, label in Point.choices
        ],
        "said": [Point(value).label for value in given.points] if given else [],
        "longest": LONGEST,
        "typed": sent,
        "problems": problems,
        "errors": {p.pointer.removeprefix("/"): p.text for p in problems},
    }
    response = render(request, "portal/rate.html", page, status=status if problems else 200)
    response["Cache-Control"] = "no-store"
    return switching.remember(response, choice)
