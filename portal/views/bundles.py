"""One thing, once (一件事): the guide to a bundle, its form, and how far each of its steps is."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from affairs import drafts as service_drafts
from approvals.actions import Applicant
from bundles import actions, drafts, offers, queries, receipts
from bundles.models import BundledCase
from bundles.states import StepState
from city.bundles import Bundle
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor
from people.errors import ActionRejected
from people.language import in_language
from portal import sheets, switching, typed, uploads
from portal.bundles import applying
from portal.bundles.progress import progress
from portal.filling import EntryPoint
from portal.problems import from_refusal
from portal.views.access import known_user, persons, require_level
from portal.views.cases import SLOWEST
from services import catalogue, materials
from services.bundles import Joint, is_declaration, join
from services.filings import form_for
from services.rulebook import Rulebook


def _bundle(code: str) -> Bundle:
    found = offers.find(code)
    if found is None:
        raise Http404
    return found


def bundle(request: HttpRequest, code: str) -> HttpResponse:
    """The guide: what is applied for, in which order, and what may be left out."""
    found, today = _bundle(code), city_date(now())
    there = offers.books(found, today)
    if not offers.is_open(found, there):
        page = {"section": "home", "name": in_language(found), "is_open": False}
        return render(request, "portal/bundles/guide.html", page)
    choices = offers.choices(found, there)
    joint = join(found, there, choices)
    page = {
        "section": "home",
        "is_open": True,
        "bundle": found,
        "name": in_language(found),
        "summary": in_language(found.summary),
        "steps": _steps(joint, today),
        "groups": [_options(found, group, choices) for group in found.one_of],
        "choices": _options(found, filter(found.is_optional, choices), choices),
        "count": _count(joint.form({}, today), list(joint.books.values())),
        "apart": sum(_count(form_for(b, {}, today), [b]) for b in joint.books.values()),
    }
    return render(request, "portal/bundles/guide.html", page)


def _options(found: Bundle, codes: Iterable[str], there: list[str]) -> list[tuple[str, str]]:
    """Return what people choose by, with its words: of steps whose service is open."""
    return [(code, in_language(found.steps[code].choice)) for code in codes if code in there]


def _count(form: dict[str, Any], books: list[Rulebook]) -> int:
    """Return how many questions a form asks of everybody."""
    for book in books:
        form = uploads.with_asked(form, book, materials.always_asked(book))
    return sum(not is_declaration(node) for node in form["properties"].values())


def _steps(joint: Joint, today: Any) -> list[dict[str, Any]]:
    instant = catalogue.automatic(joint.books.values())
    return [
        {
            "sheet": sheets.sheet(book, today, instant=instant[book.code], full=False),
            "after": [in_language(joint.books[name].pack.name) for name in joint.after(code)],
            "is_choice": joint.bundle.is_optional(code),
            "is_one_of": bool(joint.bundle.group_of(code)),
        }
        for code, book in joint.books.items()
    ]


@persons
def apply(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """GET: the form. POST: ``step`` is check, edit, save or submit."""
    found, moment = _bundle(code), now()
    joint = offers.joint(found, city_date(moment), applying.chosen(request, found, by, moment))
    if joint is None:
        return redirect("portal:bundle", code)
    for book in joint.books.values():
        require_level(request, book)
    user = known_user(request)
    assert user.number is not None  # encrypted beside the subject, which `citizens` asks for
    entry = EntryPoint(
        by=by,
        applicant=Applicant("person", identity.decrypt(bytes(user.number)), user.name),
        address=reverse("portal:bundle-apply", args=[code]),
        done=lambda made: reverse("portal:case", args=[made.number]),
    )
    if request.method == "POST":
        return applying.go_on(request, joint, entry, moment)
    return applying.begin(request, joint, entry, moment)


def _own(number: str, by: Actor) -> BundledCase:
    try:
        return queries.case(number, by)
    except ActionRejected:
        raise Http404 from None


@persons
def case(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    page = {"section": "cases", "progress": progress(_own(number, by), by)}
    return _private(render(request, "portal/bundles/case.html", page))


@persons
def state(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The part of the page that changes, for htmx; ``after`` is how long the page waited."""
    found = progress(_own(number, by), by)
    if found.polling:
        found.polling = min(SLOWEST, max(1, typed.count(request.GET.get("after")) * 2))
    page = {"progress": found, "changed": request.GET.get("version") != found.version}
    return _private(render(request, "portal/bundles/state.html", page))


@persons
def receipt(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """The whole in one signed document: each step with its case, outcome and decision's hash."""
    document = receipts.document(_own(number, by), now())
    response = HttpResponse(orjson.dumps(document), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="bundle-{number}.json"'
    return _private(response)


@persons
def give_up(request: HttpRequest, number: str, *, by: Actor) -> HttpResponse:
    """GET asks once more; POST gives up what waits and withdraws what is not decided."""
    choice = switching.chosen(request)
    found = progress(_own(number, by), by)
    page: dict[str, Any] = {"section": "cases", "progress": found, "form_id": switching.FORM}
    if request.method != "POST" or choice:
        answer = render(request, "portal/bundles/give_up.html", page)
        return switching.remember(answer, choice)
    try:
        actions.give_up(number=number, by=by, now=now())
    except ActionRejected as error:
        page["problems"] = [from_refusal(error)]
        return render(request, "portal/bundles/give_up.html", page, status=error.status)
    messages.success(request, gettext("Given up. What was granted stays."))
    return redirect("portal:bundle-case", number)


@require_POST
@persons
def take_up(request: HttpRequest, number: str, step: str, *, by: Actor) -> HttpResponse:
    """Let a stopped step follow now that what it waits for is granted."""
    stopped = _own(number, by).steps.filter(code=step).first()
    if stopped is None:
        raise Http404
    require_level(request, catalogue.rulebook(stopped.edition_id))
    try:
        actions.take_up(number=number, step=step, by=by, now=now())
    except ActionRejected as error:
        messages.error(request, from_refusal(error).text)
    return redirect("portal:bundle-case", number)


@require_POST
@persons
def alone(request: HttpRequest, number: str, step: str, *, by: Actor) -> HttpResponse:
    """Go on with a stopped step by itself: its answers become a draft of its own service."""
    found = _own(number, by).steps.filter(code=step, state=StepState.STOPPED).first()
    if found is None or found.holder:
        raise Http404
    book = catalogue.rulebook(found.edition_id)
    service_drafts.save(book=book, answers=found.answers, by=by, now=now())
    return redirect("portal:apply", book.code)


@require_POST
@persons
def draft(request: HttpRequest, code: str, *, by: Actor) -> HttpResponse:
    """Delete a draft of one's own; where the bundle is open its form begins anew."""
    drafts.delete(bundle=code, by=by)
    if request.POST.get("back") or offers.find(code) is None:
        messages.success(request, gettext("The draft is deleted."))
        return redirect("portal:cases")
    return redirect("portal:bundle-apply", code)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
