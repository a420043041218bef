"""How far an application is, without a log-in: a number and a phone, a code, three lines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from affairs import channels, progress
from affairs.kinds import Channel
from approvals.models import Application
from approvals.states import State
from ledger.clock import now
from people.errors import ActionRejected
from people.language import in_language
from portal import terms, typed
from portal.problems import Problem, from_refusal, sentence
from portal.templatetags.portal import last_day

_PHONE = {"format": "phone"}


def ask(request: HttpRequest) -> HttpResponse:
    """GET asks for number and phone; POST for the code; with a ``key`` it shows the progress."""
    page = {"offers": Channel.SMS in channels.available(), "section": "progress"}
    if request.method != "POST" or not page["offers"]:
        return _private(render(request, "portal/progress.html", page))
    if "key" in request.POST:
        return _read(request)
    number = typed.plain(request.POST.get("number", "")).replace(" ", "").upper()
    phone = typed.meant(_PHONE, request.POST.get("phone", "").strip())
    page |= {"number": number[:40], "phone": phone[:20]}
    missing = gettext("please answer")
    problems = [
        Problem(f"/{name}", sentence(label, missing), name)
        for name, label, given in (
            ("number", gettext("Reference"), number),
            ("phone", gettext("Mobile number"), phone),
        )
        if not given
    ]
    if not problems:
        try:
            page["key"] = progress.ask(number=number, phone=phone, now=now())
        except ActionRejected as error:
            problems = [from_refusal(error, "number")]
            page["problems"] = problems
            answer = render(request, "portal/progress.html", page, status=error.status)
            return _private(answer)
        return _private(render(request, "portal/progress_code.html", page))
    page["problems"] = problems
    return _private(render(request, "portal/progress.html", page, status=422))


def _read(request: HttpRequest) -> HttpResponse:
    key, code = request.POST["key"][:40], typed.plain(request.POST.get("code", ""))[:12]
    try:
        case = progress.read(key=key, code=code, now=now())
    except ActionRejected as error:
        wrong = {"key": key, "problems": [from_refusal(error, "code")], "section": "progress"}
        return _private(render(request, "portal/progress_code.html", wrong, status=error.status))
    shown = {"section": "progress", "number": case.number, "face": case.face, **_shown(case)}
    return _private(render(request, "portal/progress_shown.html", shown))


def _shown(case: Application) -> dict[str, object]:
    """Return the next step and its last day: no name, no number of a person, no answer."""
    until = terms.until(case)
    named = {"office": in_language(case.office), "day": last_day(until)}
    face = str(case.face.sentence) % named
    if case.state == State.WAITING:
        face = gettext("Others must answer first. Who, its page says after you have logged in.")
    if case.state == State.APPROVED:
        face = gettext("Your application is granted.")
    return {"sentence": face, "until": until}


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
