"""What a person decides of a running entitlement: hold, resume, stop; and its holder confirms."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

import bulk
from entitlements import policies, rules
from entitlements.actions import ending, moving
from entitlements.actions.moving import OFFICER, REOPENED
from entitlements.actions.reviewing import review_some
from entitlements.errors import not_found, stale
from entitlements.models import Entitlement, Instalment
from entitlements.states import LIVE, InstalmentState, State
from ledger import canonical
from ledger.clock import city_date
from ledger.models import Event
from people.actors import Actor
from people.errors import ActionRejected


def lock(key: uuid.UUID) -> Entitlement:
    found = Entitlement.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def _locked(key: uuid.UUID, by: Actor, version: int) -> Entitlement:
    row = lock(key)
    policies.require_officer(by, row)
    if row.events != version:
        raise stale()
    return row


def hold(
    *, key: uuid.UUID, reason: str, version: int, by: Actor, now: datetime.datetime
) -> Entitlement:
    """Keep it from being paid until an officer resumes or stops it; no review lifts that.

    ``version``: the length of its history as the page showed it. Raises ``ActionRejected``.
    """
    reason = policies.reason_in_line(reason)
    with transaction.atomic():
        row = _locked(key, by, version)
        if row.is_pinned:
            raise ActionRejected("held", "该待遇已经暂缓发放", "It is held already.")
        _pin(row, {"reasons": [OFFICER], "reason": reason}, by, now)
    return row


def resume(
    *, key: uuid.UUID, reason: str, version: int, by: Actor, now: datetime.datetime
) -> Entitlement:
    """Pay it again: the officer has looked into what it was held for, which holds it no more.

    What was held meanwhile is due, but for periods whose own facts suspend or end it; the next
    review counts such conditions as ever. Raises ``ActionRejected``, also where an amount is not
    known, or the application was opened again.
    """
    reason = policies.reason_in_line(reason)
    with transaction.atomic():
        row = _locked(key, by, version)
        if row.state == State.SUSPENDED:
            zh = "中止的待遇在条件恢复后由系统恢复，不能由人工恢复"
            en = "A suspended entitlement goes on when its condition holds again, not before."
            raise ActionRejected("suspended", zh, en)
        if REOPENED in row.why:
            zh = "对应的办件正在复核，须重新批准后才能恢复发放"
            en = "Its application was opened again: it goes on when that is approved anew."
            raise ActionRejected("reopened", zh, en)
        before, row.is_pinned = str(row.state), False
        doubts = [r for r in row.why if r != OFFICER and ":" not in r]
        row.cleared = canonical.dumps(sorted({*canonical.loads(row.cleared), *doubts})).decode()
        event = moving.changed(
            row, "resume", by=by, now=now, data={"reasons": [], "reason": reason, "cleared": doubts}
        )
        _release(row)
        _write(row, before, event, "is_pinned", "cleared")
    return row


def _release(row: Entitlement) -> None:
    """Make due what was held, each with the amount that its own facts give.

    What they suspend, or end before it, is not due: an officer clears doubts, not conditions.
    """
    held = list(
        Instalment.objects.select_for_update().filter(
            entitlement=row.id, payment=None, state=InstalmentState.HELD
        )
    )
    for one in held:
        found = rules.released(one)
        if found and (found.state == State.SUSPENDED or _is_before(found.ended_on, one.period)):
            one.state = InstalmentState.CANCELLED
        elif found and found.amount is not None:
            one.state, one.amount = InstalmentState.DUE, found.amount
        else:
            zh, en = "应发金额未知，不能恢复发放", "The amount is not known, so it cannot be paid."
            raise ActionRejected("amount", zh, en)
    bulk.update(Instalment, held, ("state", "amount"))


def _is_before(ended_on: datetime.date | None, period: datetime.date) -> bool:
    return ended_on is not None and ended_on < period


def stop(
    *,
    key: uuid.UUID,
    reason: str,
    on: datetime.date,
    version: int,
    by: Actor,
    now: datetime.datetime,
) -> Entitlement:
    """End it on a day that is not ahead: nothing is due for periods that begin later.

    What was paid for such periods is stated as overpaid; whether it is paid back is decided apart.
    """
    reason = policies.reason_in_line(reason)
    if on > city_date(now):
        zh, en = "停发日期不能晚于今天", "The day of the end cannot lie ahead."
        raise ActionRejected("day", zh, en, status=422)
    with transaction.atomic():
        row = _locked(key, by, version)
        before = str(row.state)
        data = {"reasons": [OFFICER], "reason": reason, "ended_on": on.isoformat()}
        event = moving.changed(row, "end", by=by, now=now, data=data)
        row.ended_on = on
        _write(row, before, event, "ended_on")
        ending.settle([row], by=by, now=now)
    return row


def confirm(*, key: uuid.UUID, by: Actor, now: datetime.datetime) -> Entitlement:
    """Its holder confirms that nothing has changed; judged at once. Raises ``ActionRejected``."""
    with transaction.atomic():
        row = lock(key)
        policies.require_holder(by, row)
        if row.state == State.ENDED:
            raise ActionRejected("ended", "该待遇已经终止", "It has ended.")
        before, row.confirmed_on = str(row.state), city_date(now)
        data = {"on": row.confirmed_on.isoformat()}
        event = moving.noted(row, "confirmed", by=by, now=now, data=data)
        _write(row, before, event, "confirmed_on")
    review_some([row], on=city_date(now), by=by, now=now)
    return row


def hold_for(application: str, *, by: object, now: datetime.datetime) -> None:
    """Hold what an application led to, because its decision no longer stands (复核).

    A new approval lets it go on; after a refusal an officer stops it. The caller holds the
    transaction and the application's lock.
    """
    found = Entitlement.objects.select_for_update().filter(application=application, state__in=LIVE)
    for row in found.order_by("id"):
        by_officer = [OFFICER] if OFFICER in row.why else []
        _pin(row, {"reasons": [REOPENED, *by_officer]}, by, now)


def _pin(row: Entitlement, data: dict[str, Any], by: object, now: datetime.datetime) -> None:
    """Hold it, or keep it held, for reasons that no review lifts."""
    before, row.is_pinned = str(row.state), True
    if row.state == State.HELD:
        event = moving.held_on(row, by=by, now=now, data=data)
    else:
        event = moving.changed(row, "hold", by=by, now=now, data=data)
    _write(row, before, event, "is_pinned")


def _write(row: Entitlement, before: str, event: Event, *fields: str) -> None:
    changed: Sequence[str] = ("state", "events", "head", "reasons", *fields)
    bulk.update(Entitlement, [row], changed, old={"state": [before]})
    bulk.insert(Event, [event])
