"""``POST /webhooks/<partner>/``: other agencies answer here. Raw bytes are verified first."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from approvals import actions
from approvals.api import problems
from approvals.api.parsers import read_limited, require_length, require_safe, strict_loads
from approvals.rows.disputes import ANSWER_LONGEST
from certificates.actions import record_receipt
from exchange import changes, inbox
from exchange.models import Partner
from ledger.clock import now
from people.actors import Actor, agency
from people.errors import ActionRejected

log = logging.getLogger(__name__)
CASES_MAX = 1000  # in one message of changed records


@csrf_exempt
def receive(request: HttpRequest, partner: str) -> HttpResponse:
    """Take one message. 204: it took effect, now or when it came before."""
    if request.method != "POST":
        return problems.http(problems.not_allowed(), Allow="POST")
    try:
        require_length(request)
        raw = read_limited(request)
        _take(partner, request, raw)
        return HttpResponse(status=204)
    except inbox.Repeated:
        return HttpResponse(status=204)
    except Exception as error:
        refused = problems.known(error)
        if refused is None:
            log.exception("webhook of %s failed", partner)
            refused = problems.internal()
        return problems.http(refused)


def _take(partner: str, request: HttpRequest, raw: bytes) -> None:
    try:
        with transaction.atomic():
            message = inbox.accept(partner, request.headers, raw, now())
            body = strict_loads(raw)
            require_safe(body)
            _take_effect(body, message.partner)
    except inbox.IdReused as error:
        inbox.report(error)
        raise


def _take_effect(body: Any, partner: Partner) -> None:
    """Do what the message says: an unknown kind or shape is refused, nothing is guessed."""
    by = agency(partner)
    kind = body.get("type") if isinstance(body, dict) else None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise _malformed("/data")
    match kind:
        case "approval.answered":
            granted = data.get("granted")
            if not isinstance(granted, bool):
                raise _malformed("/data/granted")
            actions.answer_consent(
                number=_text(data, "application"),
                item=_text(data, "item"),
                granted=granted,
                reason=_text(data, "reason", 400, required=not granted),
                by=by,
                now=now(),
            )
        case "approval.requested":
            actions.take_request(data, partner=partner, now=now())
        case "dispute.answered":
            _dispute_answered(data, by)
        case "filing.receipt":
            record_receipt(data, by=by, now=now())
        case "record.changed":
            _record_changed(data, by)
        case _:
            raise _malformed("/type")


def _dispute_answered(data: dict[str, Any], by: Actor) -> None:
    is_corrected = data.get("corrected")
    if not isinstance(is_corrected, bool):
        raise _malformed("/data/corrected")
    try:
        key = UUID(_text(data, "dispute", 40))
    except ValueError:
        raise _malformed("/data/dispute") from None
    actions.answer_dispute(
        key=key,
        is_corrected=is_corrected,
        reason=_text(data, "reason", ANSWER_LONGEST, required=not is_corrected),
        by=by,
        now=now(),
    )


def _record_changed(data: dict[str, Any], by: Actor) -> None:
    cases = data.get("cases")
    if (
        not isinstance(cases, list)
        or not 0 < len(cases) <= CASES_MAX
        or not all(isinstance(c, str) and 0 < len(c) <= 40 for c in cases)
    ):
        raise _malformed("/data/cases")
    try:
        changes.report(partner=by.code, registry=_text(data, "registry"), cases=cases)
    except changes.NotTheKeeper:
        raise ActionRejected(
            "not_your_registry",
            "贵部门不是该登记的保管部门",
            "You do not keep this registry.",
            status=403,
        ) from None


def _text(data: dict[str, Any], key: str, most: int = 120, *, required: bool = True) -> str:
    value = data.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or len(value) > most or (required and not value.strip()):
        raise _malformed(f"/data/{key}")
    return value


def _malformed(pointer: str) -> ActionRejected:
    return ActionRejected(
        "bad_message",
        "消息内容不符合约定",
        "The message is not of the agreed shape.",
        status=422,
        field=pointer,
    )
