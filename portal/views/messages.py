"""A citizen's inbox: the list, a page per message, and where else messages go."""

import uuid
from typing import Any

from django.contrib import messages as notes
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from affairs import channels, messages, words
from affairs.kinds import Channel, MessageKind
from affairs.messages import Wishes
from affairs.models import Message
from approvals import queries
from ledger.clock import now
from people import identity
from people.actors import Actor
from people.errors import ActionRejected
from portal import switching, typed
from portal.problems import Problem, from_refusal
from portal.views.access import citizens, require_principal

PAGE = 30  # messages
_PHONE = {"format": "phone"}


def row(message: Message) -> dict[str, Any]:
    return {"message": message, "title": words.title(message), "sentence": words.sentence(message)}


@citizens
def inbox(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """GET: the list. POST: all are read."""
    if request.method == "POST":
        messages.read_all(by=by, now=now())
        return redirect("portal:messages")
    shown = Paginator(messages.inbox(by), PAGE).get_page(request.GET.get("page"))
    page = {"section": "messages", "rows": [row(one) for one in shown], "shown": shown}
    return _private(render(request, "portal/messages.html", page))


@citizens
def message(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    try:
        found = messages.read(key=key, by=by, now=now())
    except ActionRejected:
        raise Http404 from None
    page = {"section": "messages", **row(found), "address": _address(found, by)}
    return _private(render(request, "portal/message.html", page))


def _address(found: Message, by: Actor) -> str:
    """Return where the message leads; nowhere once there is nothing more to sign."""
    if found.kind == MessageKind.SIGNATURE_ASKED:
        waiting = {one.application.number for one in queries.to_confirm(by)}
        return words.page(found) if found.case in waiting else ""
    return words.page(found)


@citizens
def choices(request: HttpRequest, *, by: Actor) -> HttpResponse:
    """Where messages go besides the inbox: nowhere, unless an address is given."""
    require_principal(by)
    choice = switching.chosen(request)
    chosen, problems = messages.wishes(by), []
    suggested = "" if chosen.phone else messages.phone_in_answers(by)
    if request.method == "POST":
        phone = str(typed.meant(_PHONE, request.POST.get("phone", "").strip()))
        phone = suggested if request.POST.get("use") else phone
        chosen = Wishes(typed.plain(request.POST.get("email", "")), phone)
    if request.method == "POST" and not choice:
        try:
            messages.choose(wishes=chosen, by=by, now=now())
        except ActionRejected as error:
            target = error.field.removeprefix("/") or "main"
            problems = [Problem(error.field, from_refusal(error).text, target)]
        else:
            notes.success(request, gettext("Kept."))
            return redirect("portal:messages")
    page = {
        "section": "messages",
        "form_id": switching.FORM,
        "chosen": chosen,
        "suggested": suggested,
        "suggested_masked": identity.mask_phone(suggested),
        "problems": problems,
        "errors": {p.target: p.text for p in problems},
        "offers_email": Channel.EMAIL in channels.available(),
        "offers_sms": Channel.SMS in channels.available(),
    }
    status = 422 if problems else 200
    response = render(request, "portal/message_choices.html", page, status=status)
    return switching.remember(_private(response), choice)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
