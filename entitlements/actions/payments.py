"""What becomes of a payment list: released, taken to the treasury, paid, or returned by the bank.

No money is moved here. A supervisor or the head of the office releases a list, a clerk takes it to
the treasury and records what the treasury answers. Each is an Event of the list, whose history is
all that is known of it: the list and its instalments never change.
"""

import datetime
import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

import bulk
from entitlements import policies
from entitlements.actions import moving, paying
from entitlements.actions.deciding import lock
from entitlements.models import Entitlement, Instalment, PaymentList
from entitlements.states import EXPORTED, PAID, RELEASED, RETURNED, ListState, list_state
from ledger import events
from ledger.models import Event
from people import roles
from people.actors import Actor
from people.errors import ActionRejected

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('entitlements.payments:' || %s, 0))"


def release(*, payments: PaymentList, by: Actor, now: datetime.datetime) -> None:
    """Let a list go to the treasury: by who answers for the clerks, not by who takes it there.

    Raises ``ActionRejected``: 404 for whoever does not see it, 403 for another role, 409 when it
    is released already.
    """
    policies.require_list(by, payments, roles.OVERSEERS)
    with transaction.atomic():
        if _locked(payments) != ListState.MADE:
            raise ActionRejected("released", "该发放清单已经放行", "It is released already.")
        _note(payments, RELEASED, by, now, _facts(payments))


def export(*, payments: PaymentList, by: Actor, now: datetime.datetime) -> str:
    """Return the text of a list (``paying.written``); that it was taken is an Event of the list.

    It has numbers of people, so each taking is recorded; the text is the same bytes every time.
    Raises ``ActionRejected``: 404 and 403 as ``release``, 409 before it is released.
    """
    policies.require_list(by, payments, roles.CLERKS)
    with transaction.atomic():
        if _locked(payments) == ListState.MADE:
            zh = "该发放清单尚未放行，须先由督办人员或部门负责人放行"
            en = "It is not released: a supervisor or the head of the office has to do that first."
            raise ActionRejected("not_released", zh, en)
        _note(payments, EXPORTED, by, now, _facts(payments))
        return paying.text_of(payments)


def record_paid(
    *, payments: PaymentList, entries: int, total: Decimal, by: Actor, now: datetime.datetime
) -> None:
    """Record that the treasury has paid a list: how many payments, and how much, as it says.

    Both have to be those of the list. Raises ``ActionRejected`` (422) where they are not.
    """
    policies.require_list(by, payments, roles.CLERKS)
    with transaction.atomic():
        if _locked(payments) != ListState.EXPORTED:
            zh, en = "只有已送财政、尚未登记付讫的清单可以登记", "It is not with the treasury."
            raise ActionRejected("not_exported", zh, en)
        if (entries, total) != (payments.entries, payments.total):
            zh = f"与清单不符：清单共 {payments.entries} 笔、{payments.total:.2f} 元"
            en = f"The list has {payments.entries} payments of {payments.total:.2f} yuan in all."
            raise ActionRejected("totals", zh, en, status=422)
        _note(payments, PAID, by, now, _facts(payments))


def record_returned(
    *, instalment: uuid.UUID, reason: str, by: Actor, now: datetime.datetime
) -> None:
    """Record that the bank has sent one payment back, once, and why; its holder reads it.

    It stays on its list: whether it is paid again the treasury says, on the same line.
    """
    reason = policies.reason_in_line(reason)
    one = Instalment.objects.filter(pk=instalment).select_related("payment").first()
    if one is None or one.payment is None:
        raise ActionRejected("not_found", "清单中没有这笔款项", "No such payment.", status=404)
    payments = one.payment
    policies.require_list(by, payments, roles.CLERKS)
    with transaction.atomic():
        row = lock(one.entitlement_id)
        if _locked(payments) != ListState.PAID:
            zh, en = "尚未登记付讫的清单没有退回的款项", "It is not recorded as paid."
            raise ActionRejected("not_paid", zh, en)
        if str(one.pk) in returned(payments):
            raise ActionRejected("returned", "该笔退款已经登记", "It is recorded already.")
        data = {"instalment": str(one.pk), "amount": str(one.amount), "reason": reason}
        _note(payments, RETURNED, by, now, data)
        data = {"period": one.period.isoformat(), "returned": str(one.amount), "reason": reason}
        event = moving.noted(row, "payment_returned", by=by, now=now, data=data)
        bulk.update(Entitlement, [row], ("events", "head"))
        bulk.insert(Event, [event])


def returned(payments: PaymentList) -> dict[str, Mapping[str, str]]:
    """Return what the bank has sent back of a list: the data of each return, by instalment."""
    rows = history(payments).filter(kind=RETURNED).values_list("data", flat=True)
    return {data["instalment"]: data for data in map(json.loads, rows)}


def history(payments: PaymentList) -> Any:
    return Event.objects.filter(subject=payments.subject).order_by("seq")


def _locked(payments: PaymentList) -> ListState:
    """Keep others from moving the list until the end of the transaction; returns its state."""
    with connection.cursor() as cursor:  # a list's row never changes: its history has one end
        cursor.execute(_LOCK, [payments.subject])
    return list_state(history(payments).values_list("kind", flat=True))


def _facts(payments: PaymentList) -> dict[str, str]:
    return {
        "sha256": payments.sha256,
        "entries": str(payments.entries),
        "total": f"{payments.total:.2f}",
    }


def _note(
    payments: PaymentList, kind: str, by: Actor, now: datetime.datetime, data: dict[str, str]
) -> None:
    chain = events.Rowless.named(payments.subject)
    event = events.append(chain, payments.subject, kind, by=by, now=now, data=data)
    bulk.insert(Event, [event])
