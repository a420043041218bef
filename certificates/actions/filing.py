"""Filings (多证合一): pushed to each receiver when the licence is issued, answered by a receipt.

The licence never waits for them, and a returned filing never withdraws it: it becomes a clerk's
task. Every push is a Notice of the outbox, written in the transaction that caused it.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

import bulk
from certificates import policies
from certificates.errors import not_found
from certificates.models import Certificate, Filing
from certificates.payload import text
from certificates.states import NOT_SENT, UNANSWERED, FilingState
from exchange.models import Notice, Partner
from exchange.outbox import notice
from ledger import events
from ledger.models import Event
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.text import require_no_id_number, unsafe

REMINDERS = 3  # then only the clerk's desk shows it
MOVED = ("state", "events", "head")


def answer_by(now: datetime.datetime) -> datetime.datetime:
    return now + datetime.timedelta(seconds=settings.FILING_ANSWER_SECONDS)


def plan(
    certificates: Sequence[Certificate],
    plans: Sequence[Sequence[Any]],
    *,
    by: object,
    now: datetime.datetime,
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> list[Filing]:
    """Write the filings of new licences, exclusions with their reasons, and push what applies.

    ``plans`` has one sequence of services.filings.FilingPlan a certificate: item, zh, en, receiver,
    basis, applies, why (zh, en), data. Three statements, however many; in the caller's transaction.
    """
    known = _partners({item.receiver for items in plans for item in items if item.applies})
    made, history, notices = [], [], []
    for certificate, items in zip(certificates, plans, strict=True):
        cause = "changed" if certificate.version > 1 else "issued"
        described = _described(certificate)
        for place, item in enumerate(items):
            filing = _planned(certificate, item, cause, known)
            filing.place = place
            if filing.state == FilingState.PUSHED:
                history.append(_push(filing, by, now))
                notices.append(_notice(filing, described, now))
            elif item.applies:
                history.append(_missing(filing, by, now))
            made.append(filing)
    batch.insert(Filing, made)
    batch.insert(Event, history)
    batch.insert(Notice, notices)
    return made


def _partners(codes: set[str]) -> set[str]:
    return set(Partner.objects.filter(code__in=codes, active=True).values_list("code", flat=True))


def _planned(certificate: Certificate, item: Any, cause: str, known: set[str]) -> Filing:
    applies = FilingState.PUSHED if item.receiver in known else FilingState.DUE
    return bulk.new(
        Filing,
        certificate_id=certificate.pk,
        item=item.item,
        zh=item.zh,
        en=item.en,
        receiver_id=item.receiver or None,
        basis=item.basis[:200],
        state=(applies if item.applies else FilingState.NOT_APPLICABLE).value,
        why_zh=item.why["zh"][:200],
        why_en=item.why["en"][:300],
        data=text(item.data),
        cause=cause,
    )


def _missing(filing: Filing, by: object, now: datetime.datetime) -> Event:
    """Its receiver is no partner of ours yet: the desk shows it, ``push_due`` sends it later."""
    return events.append(
        filing,
        filing.subject,
        "receiver_missing",
        by=by,
        now=now,
        after=FilingState.DUE.value,
        data={"item": filing.item, "receiver": filing.receiver_id or ""},
    )


def push_due(*, by: object, now: datetime.datetime, limit: int = 200) -> int:
    """Push what waited for its receiver to become a partner; returns how many."""
    with transaction.atomic():
        waiting = list(
            Filing.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state=FilingState.DUE, receiver__in=Partner.objects.filter(active=True))
            .select_related("certificate")
            .order_by("id")[:limit]
        )
        if waiting:
            _send(waiting, {f.certificate_id: f.certificate for f in waiting}, by=by, now=now)
    return len(waiting)


def _push(filing: Filing, by: object, now: datetime.datetime, before: str = "") -> Event:
    filing.attempts += 1
    filing.pushed_at, filing.answer_by, filing.answered_at = now, answer_by(now), None
    return events.append(
        filing,
        filing.subject,
        "pushed",
        by=by,
        now=now,
        before=before,
        after=FilingState.PUSHED.value,
        data={"item": filing.item, "receiver": filing.receiver_id or "", "cause": filing.cause},
    )


def _described(certificate: Certificate) -> dict[str, Any]:
    """What every receiver is notified of the licence itself."""
    signed = orjson.loads(certificate.payload)
    return {
        "id": certificate.public_id,
        "identifier": certificate.identifier,
        "number": certificate.number,
        "version": str(certificate.version),
        "state": str(certificate.state),
        "service": certificate.service,
        "district": certificate.region_id or "",
        "holder": signed["holder"]["name"],
        "fields": {f["id"]: f["value"] for f in signed["fields"]},
    }


def _notice(
    filing: Filing, described: dict[str, Any], now: datetime.datetime, kind: str = "filing.pushed"
) -> Notice:
    data = {
        "filing": str(filing.pk),
        "item": filing.item,
        "zh": filing.zh,
        "en": filing.en,
        "basis": filing.basis,
        "cause": filing.cause,
        "attempt": str(filing.attempts),
        "answer_by": events.instant(filing.answer_by) if filing.answer_by else "",
        "service": described["service"],
        "district": described["district"],
        "certificate": described,
        "data": filing.data,
    }
    return notice(filing.receiver_id or "", kind, filing.subject, data, now)


def push_again(
    certificates: Sequence[Certificate], cause: str, *, by: object, now: datetime.datetime
) -> set[tuple[uuid.UUID, str]]:
    """Push the filings of licences that changed or ended once more; receivers answer again.

    Returns the (certificate, receiver) pairs that were notified so. In the caller's transaction.
    """
    found = list(
        Filing.objects.select_for_update()
        .filter(certificate__in=[c.pk for c in certificates], receiver__isnull=False)
        .exclude(state__in=NOT_SENT)
        .order_by("id")
    )
    by_id = {c.pk: c for c in certificates}
    for filing in found:
        filing.cause = cause
    _send(found, by_id, by=by, now=now)
    return {(f.certificate_id, f.receiver_id or "") for f in found}


def move(
    pairs: Sequence[tuple[Certificate, Certificate]], *, by: object, now: datetime.datetime
) -> None:
    """Hand the filings of licences to their next versions (old, new), and push them once more."""
    successors = {old.pk: new for old, new in pairs}
    found = list(
        Filing.objects.select_for_update().filter(certificate__in=successors).order_by("id")
    )
    for filing in found:
        filing.certificate_id = successors[filing.certificate_id].pk
        if filing.state not in NOT_SENT:
            filing.cause = "changed"
    bulk.update(Filing, found, ["certificate"])
    sent = [f for f in found if f.state not in NOT_SENT and f.receiver_id]
    _send(sent, {new.pk: new for new in successors.values()}, by=by, now=now)


def resend(*, filing: uuid.UUID, note: str, by: Actor, now: datetime.datetime) -> Filing:
    """Send a returned or overdue filing again, as a clerk mended what its receiver returned."""
    note = policies.reason_in_line(note)
    with transaction.atomic():
        found = _lock(filing)
        policies.require_officer(by, found.certificate)
        if found.state not in (FilingState.RETURNED, FilingState.OVERDUE):
            raise ActionRejected(
                "not_open", "该备案不需要重推", "That filing need not be sent again."
            )
        found.data = {**found.data, "note": note}
        _send([found], {found.certificate_id: found.certificate}, by=by, now=now)
    return found


def _send(
    filings: Sequence[Filing],
    certificates: Mapping[uuid.UUID, Certificate],
    *,
    by: object,
    now: datetime.datetime,
) -> None:
    before, history, notices = [str(f.state) for f in filings], [], []
    for filing, old in zip(filings, before, strict=True):
        if old != FilingState.PUSHED:
            filing.take_edge("push")
        history.append(_push(filing, by, now, before=old))
        notices.append(_notice(filing, _described(certificates[filing.certificate_id]), now))
    fields = (*MOVED, "attempts", "pushed_at", "answer_by", "answered_at", "cause", "data")
    bulk.update(Filing, filings, fields, old={"state": before})
    bulk.insert(Event, history)
    bulk.insert(Notice, notices)


def record_receipt(data: Mapping[str, Any], *, by: Actor, now: datetime.datetime) -> Filing:
    """Take a receiver's answer: ``filing`` (uuid), ``outcome`` (accepted or returned), ``receipt``
    (its own number), ``reason`` (of a return). The same answer twice takes effect once.

    Raises ``ActionRejected`` 404 for a filing of somebody else, 422 for a malformed answer, 409
    when the filing was answered otherwise before.
    """
    outcome, receipt, reason = (_text(data, k) for k in ("outcome", "receipt", "reason"))
    if outcome not in ("accepted", "returned"):
        raise _malformed("/data/outcome")
    if outcome == "returned" and not reason:
        raise _malformed("/data/reason")
    try:
        filing = uuid.UUID(_text(data, "filing"))
    except ValueError:
        raise _malformed("/data/filing") from None
    with transaction.atomic():
        found = _lock(filing)
        if by.kind is not Kind.AGENCY or by.code != found.receiver_id:
            raise not_found()
        if found.state not in UNANSWERED:
            if (str(found.state), found.receipt, found.reason) == (outcome, receipt, reason):
                return found
            raise ActionRejected(
                "answered", "该备案已有不同的回执", "It was answered otherwise before."
            )
        _answer(found, outcome, receipt, reason, by, now)
    return found


def _answer(
    filing: Filing, outcome: str, receipt: str, reason: str, by: Actor, now: datetime.datetime
) -> None:
    before = str(filing.state)
    filing.take_edge("accept" if outcome == "accepted" else "return_")
    filing.receipt, filing.reason, filing.answered_at = receipt, reason, now
    filing.answer_by = None
    event = events.append(
        filing,
        filing.subject,
        outcome,
        by=by,
        now=now,
        before=before,
        after=str(filing.state),
        data={"item": filing.item, "receipt": receipt, "reason": reason},
    )
    fields = (*MOVED, "receipt", "reason", "answered_at", "answer_by")
    bulk.update(Filing, [filing], fields, old={"state": [before]})
    bulk.insert(Event, [event])


def remind(*, by: object, now: datetime.datetime, limit: int = 200) -> int:
    """Note what was not answered in time and remind its receiver; returns how many.

    After ``REMINDERS`` nothing more is sent: the clerk's desk shows it. What waited for its
    receiver to become a partner is pushed first.
    """
    push_due(by=by, now=now, limit=limit)
    with transaction.atomic():
        late = list(
            Filing.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state__in=UNANSWERED, answer_by__lt=now)
            .select_related("certificate")
            .order_by("id")[:limit]
        )
        before, history, notices = [str(f.state) for f in late], [], []
        for filing, old in zip(late, before, strict=True):
            if old == FilingState.PUSHED:
                filing.take_edge("lapse")
            filing.attempts += 1
            last = filing.attempts > REMINDERS
            filing.answer_by = None if last else answer_by(now)
            history.append(
                events.append(
                    filing,
                    filing.subject,
                    "reminded",
                    by=by,
                    now=now,
                    before=old,
                    after=str(filing.state),
                    data={"item": filing.item, "attempt": str(filing.attempts)},
                )
            )
            notices.append(_notice(filing, _described(filing.certificate), now, "filing.reminded"))
        bulk.update(Filing, late, (*MOVED, "attempts", "answer_by"), old={"state": before})
        bulk.insert(Event, history)
        bulk.insert(Notice, notices)
    return len(late)


def revoke(filing: Filing, *, by: object, now: datetime.datetime, data: dict[str, Any]) -> None:
    """End one part of a consolidated licence; its receiver is notified, the other parts stand."""
    before = str(filing.state)
    filing.take_edge("revoke")
    filing.cause = "revoked"
    event = events.append(
        filing,
        filing.subject,
        "revoked",
        by=by,
        now=now,
        before=before,
        after=str(filing.state),
        data=data,
    )
    bulk.update(Filing, [filing], (*MOVED, "cause"), old={"state": [before]})
    bulk.insert(Event, [event])
    if filing.receiver_id:
        bulk.insert(
            Notice, [_notice(filing, _described(filing.certificate), now, "filing.revoked")]
        )


def _lock(filing: uuid.UUID) -> Filing:
    found = (
        Filing.objects.select_for_update(of=("self",))
        .select_related("certificate")
        .filter(pk=filing)
        .first()
    )
    if found is None:
        raise not_found()
    return found


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str) or len(value) > 400 or unsafe(value, lines=True):
        raise _malformed(f"/data/{key}")
    require_no_id_number(value, f"/data/{key}")
    return value[:400] if key == "reason" else value[:120]


def _malformed(pointer: str) -> ActionRejected:
    return ActionRejected(
        "malformed", f"回执有误：{pointer}", f"The receipt is malformed at {pointer}.", status=422
    )
