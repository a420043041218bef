"""Whether what was overpaid is paid back: one officer proposes, a second decides."""

import datetime
import uuid

from django.db import transaction

import bulk
from entitlements import policies
from entitlements.actions import moving
from entitlements.actions.deciding import lock
from entitlements.errors import not_found
from entitlements.models import Entitlement, Overpayment
from entitlements.states import OverpaymentState
from ledger.models import Event
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User

CHOICES = (OverpaymentState.RECOVERED, OverpaymentState.WAIVED)


def propose(
    *, claim: uuid.UUID, choice: str, reason: str, by: Actor, now: datetime.datetime
) -> Overpayment:
    """Propose that it is paid back (recovered), or that it is not (waived), with the reason."""
    reason = policies.reason_in_line(reason)
    if choice not in CHOICES:
        raise ActionRejected("choice", "请选择追回或不予追回", "Choose one of both.", status=422)
    with transaction.atomic():
        found = _locked(claim)
        policies.require_officer(by, found.entitlement)
        if found.state != OverpaymentState.STATED:
            raise ActionRejected("proposed", "已有人提出或已决定", "It is proposed or decided.")
        found.state, found.choice, found.reason = OverpaymentState.PROPOSED, choice, reason
        found.proposed_by, found.proposed_at = User.objects.get(username=by.code), now
        fields = ("state", "choice", "reason", "proposed_by", "proposed_at")
        bulk.update(Overpayment, [found], fields)
        _note(found, "recovery_proposed", by, now)
    return found


def decide(*, claim: uuid.UUID, agreed: bool, by: Actor, now: datetime.datetime) -> Overpayment:
    """Decide as the second officer: what was proposed is so, or it is as it was before."""
    with transaction.atomic():
        found = _locked(claim)
        policies.require_officer(by, found.entitlement)
        if found.state != OverpaymentState.PROPOSED:
            raise ActionRejected("settled", "该提议已处理", "That proposal is settled already.")
        if agreed:
            policies.require_second(by, found)
            found.state = OverpaymentState(found.choice)
            found.decided_by, found.decided_at = User.objects.get(username=by.code), now
            bulk.update(Overpayment, [found], ("state", "decided_by", "decided_at"))
            _note(found, "recovery_decided", by, now)
        else:
            _note(found, "recovery_sent_back", by, now)
            found.state, found.choice, found.reason = OverpaymentState.STATED, "", ""
            found.proposed_by = found.proposed_at = None
            fields = ("state", "choice", "reason", "proposed_by", "proposed_at")
            bulk.update(Overpayment, [found], fields)
    return found


def _locked(claim: uuid.UUID) -> Overpayment:
    """Lock the entitlement first, as every action does, then the claim."""
    known = Overpayment.objects.filter(pk=claim).first()
    if known is None:
        raise not_found()
    row = lock(known.entitlement_id)
    found = (
        Overpayment.objects.select_for_update(of=("self",))
        .select_related("proposed_by")
        .get(pk=claim)
    )
    found.entitlement = row
    return found


def _note(found: Overpayment, kind: str, by: Actor, now: datetime.datetime) -> None:
    row = found.entitlement
    data = {"choice": found.choice, "reason": found.reason, "amount": str(found.amount)}
    event = moving.noted(row, kind, by=by, now=now, data=data)
    bulk.update(Entitlement, [row], ("events", "head"))
    bulk.insert(Event, [event])
