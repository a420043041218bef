"""Another city asks for our approval (跨省通办): its request becomes an application here.

The partner's entry in the city's folder says which of its items is which service of ours. What
comes of the application is answered by ``approval.answered``, as any agency answers; a request that
cannot be taken is answered at once, with the reason, so that an officer there goes on with it.
"""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from approvals.actions.answered import answer, send
from approvals.actions.applicants import Applicant
from approvals.actions.submission import Key, NewApplication, earlier, submit
from city.model import Request
from exchange import named_persons
from exchange.models import Partner
from ledger import canonical
from people import text
from people.actors import Actor, agency
from people.errors import ActionRejected

LONGEST = 1000  # characters of any text in it
REFERENCE_LONGEST = 40  # characters
API = "api"  # the channel: a program's


def take_request(data: Mapping[str, Any], *, partner: Partner, now: datetime.datetime) -> None:
    """Open an application for what a partner asks.

    Raises ``ActionRejected`` (422) for an item that we do not answer, and for a message that does
    not say about whom or by which reference; 409 where the reference is that of another request:
    an answer would be taken for one to that. What stands against the application itself is
    answered to the partner.
    """
    data = _clean(data, "/data")
    request = _request(partner, str(data.get("item", "")))
    person = data.get("person")
    if not isinstance(person, str) or len(person) > named_persons.LONGEST:
        raise ActionRejected(
            "no_person",
            "请求没有写明所涉的人",
            "The request does not say about whom it is.",
            status=422,
            field="/data/person",
        )
    number = named_persons.decrypted(partner, person, now)
    reference = _reference(data.get("application"))
    answers = {name: _at(data, path) for name, path in request.answers.items()}
    answers[request.reference] = reference
    body = canonical.dumps({"person": number, "answers": answers})
    key = Key(f"{reference}:{data.get('item')}", hashlib.sha256(body).digest())
    by = agency(partner)
    if _is_taken(key, by):
        return
    new = NewApplication(
        service=request.service,
        applicant=Applicant("person", number, str(data.get("applicant", ""))),
        answers={name: value for name, value in answers.items() if value is not None},
        channel=API,
        client=partner,
        key=key,
    )
    try:
        with transaction.atomic():
            submit(new=new, by=by, now=now)
    except ActionRejected as error:
        if _is_taken(key, by):  # at the same moment
            return
        denied = answer(
            partner.code, reference, request.item, granted=False, reason=error.zh, now=now
        )
        send([denied])


def _reference(value: Any) -> str:
    """The partner's number of its case, by which it knows our answer."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= REFERENCE_LONGEST:
        raise ActionRejected(
            "no_reference",
            "请求没有写明贵方的办件编号，或者编号过长",
            "The request does not say by which number you know it, or that is too long.",
            status=422,
            field="/data/application",
        )
    return value


def _is_taken(key: Key, by: Actor) -> bool:
    """Whether the same request was taken before; raises ``ActionRejected`` (409) for another."""
    try:
        return earlier(key, by) is not None
    except ActionRejected:
        raise ActionRejected(
            "reference_reused",
            "该办件编号已用于另一项请求，本次请求未受理；请使用新的编号",
            "This reference was used for another request, so this one was not taken: use a new"
            " one.",
            field="/data/application",
        ) from None


def _clean(value: Any, pointer: str) -> Any:
    """The message with its texts in normal form; raises ``ActionRejected`` (422) for unsafe."""
    if isinstance(value, str):
        return text.clean(value, longest=LONGEST, field=pointer, lines=True) if value else value
    if isinstance(value, Mapping):
        return {
            str(_clean(str(key), pointer)): _clean(part, f"{pointer}/{key}")
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_clean(part, f"{pointer}/{place}") for place, part in enumerate(value)]
    return value


def _request(partner: Partner, item: str) -> Request:
    known = settings.CITY.partners.get(partner.code)
    request = known.requests.get(item) if known else None
    if request is None:
        raise ActionRejected(
            "unknown_item",
            "本市不受理该项请求",
            "This city answers no such request.",
            status=422,
            field="/data/item",
        )
    return request


def _at(data: Any, path: str) -> Any:
    """What stands at a dotted path of the message; None: nothing."""
    for part in path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data
