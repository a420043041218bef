"""What an officer may do with an entitlement: one table makes the buttons and calls the actions.

An officer holds: what is due meanwhile is kept. Suspending, after which nothing is due, is for
the conditions of the pack alone, and so there is no button for it.
"""

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entitlements import actions, policies
from entitlements.actions.deciding import lock
from entitlements.actions.moving import REOPENED
from entitlements.errors import stale
from entitlements.models import Entitlement, Instalment, Overpayment
from entitlements.states import InstalmentState, OverpaymentState, State
from people import actors, posted
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """``fields``: reason, on, claim. ``is_confirmed``: a page of its own asks once more."""

    label: str | Promise
    done: str | Promise
    effect: str | Promise
    call: Callable[[Entitlement, Form, Actor, datetime.datetime], object]
    tone: str = ""
    fields: tuple[str, ...] = ("reason",)
    is_confirmed: bool = False


def _hold(row: Entitlement, form: Form, by: Actor, at: datetime.datetime) -> object:
    reason = form.get("reason", "")
    return actions.hold(key=row.pk, reason=reason, version=row.events, by=by, now=at)


def _resume(row: Entitlement, form: Form, by: Actor, at: datetime.datetime) -> object:
    reason = form.get("reason", "")
    return actions.resume(key=row.pk, reason=reason, version=row.events, by=by, now=at)


def _stop(row: Entitlement, form: Form, by: Actor, at: datetime.datetime) -> object:
    return actions.stop(
        key=row.pk,
        reason=form.get("reason", ""),
        on=day_of(form),
        version=row.events,
        by=by,
        now=at,
    )


def _propose(choice: str) -> Callable[[Entitlement, Form, Actor, datetime.datetime], object]:
    def call(row: Entitlement, form: Form, by: Actor, at: datetime.datetime) -> object:
        reason = form.get("reason", "")
        return actions.propose(claim=_claim(row, form), choice=choice, reason=reason, by=by, now=at)

    return call


def _decide(agreed: bool) -> Callable[[Entitlement, Form, Actor, datetime.datetime], object]:
    def call(row: Entitlement, form: Form, by: Actor, at: datetime.datetime) -> object:
        return actions.decide(claim=_claim(row, form), agreed=agreed, by=by, now=at)

    return call


MOVES: Mapping[str, Move] = {
    "hold": Move(
        label=_("Hold the payments"),
        done=_("Held. What falls due meanwhile is kept, and its holder reads your reason."),
        effect=_("It is not paid until an officer resumes or stops it; what falls due is kept."),
        call=_hold,
        tone="wait",
    ),
    "resume": Move(
        label=_("Pay it again"),
        done=_("It is paid again. What was kept is on the next payment list."),
        effect=_("You have looked into the doubt. What was kept is released for payment."),
        call=_resume,
        tone="ok",
    ),
    "stop": Move(
        label=_("Stop it for good"),
        done=_("Stopped. Its holder reads your reason and how to contest it."),
        effect=_("It ends on the day that you name. What was paid for later periods is overpaid."),
        call=_stop,
        tone="bad",
        fields=("reason", "on"),
        is_confirmed=True,
    ),
    "recover": Move(
        label=_("Propose that it is paid back"),
        done=_("Proposed. A second officer decides."),
        effect=_("A second officer decides; its holder reads nothing of it until then."),
        call=_propose(OverpaymentState.RECOVERED.value),
        tone="bad",
        fields=("reason", "claim"),
        is_confirmed=True,
    ),
    "waive": Move(
        label=_("Propose that it is not claimed back"),
        done=_("Proposed. A second officer decides."),
        effect=_("A second officer decides; its holder reads nothing of it until then."),
        call=_propose(OverpaymentState.WAIVED.value),
        fields=("reason", "claim"),
        is_confirmed=True,
    ),
    "agree": Move(
        label=_("Decide as proposed"),
        done=_("Decided by two officers. Its holder reads it."),
        effect=_("It is decided in both your names, and its holder reads it."),
        call=_decide(True),
        tone="ok",
        fields=("claim",),
        is_confirmed=True,
    ),
    "disagree": Move(
        label=_("Send the proposal back"),
        done=_("Sent back. Somebody may propose anew."),
        effect=_("It is as before the proposal."),
        call=_decide(False),
        fields=("claim",),
    ),
}


def offered(row: Entitlement, claim: Overpayment | None, user: User) -> Iterator[str]:
    """Yield what ``user`` may do with an entitlement as it stands."""
    if not policies.sees(actors.officer(user), row):
        return
    if row.state != State.ENDED:
        if not row.is_pinned:
            yield "hold"
        if row.state == State.HELD and REOPENED not in row.why:
            yield "resume"
        yield "stop"
    if claim is not None and claim.state == OverpaymentState.STATED:
        yield from ("recover", "waive")
    if claim is not None and claim.state == OverpaymentState.PROPOSED:
        if claim.proposed_by_id != user.pk:
            yield "agree"
        yield "disagree"


def checked(form: Form, row: Entitlement) -> Move:
    """Return the move that a form asks for, if nobody has moved the row since the page was read.

    Raises ``ActionRejected`` also for what the form lacks, so that no page asks to confirm that.
    """
    move = MOVES.get(form.get("action", ""))
    if move is None:
        raise ActionRejected("no_such_verb", "没有这个操作", "There is no such action.", status=422)
    if posted.version(form) != row.events:
        raise stale()
    if "reason" in move.fields:
        policies.reason_in_line(form.get("reason", ""))
    if "on" in move.fields:
        day_of(form)
    return move


def do(form: Form, key: uuid.UUID, user: User, at: datetime.datetime) -> Move:
    """Do what a form asks for; the version is compared under the row's lock."""
    by = actors.officer(user)
    with transaction.atomic():
        row = lock(key)
        policies.require_officer(by, row)
        move = checked(form, row)
        move.call(row, form, by, at)
    return move


def day_of(form: Form) -> datetime.date:
    try:
        return datetime.date.fromisoformat(form.get("on", ""))
    except ValueError:
        zh, en = "请填写停发日期", "Say on which day it ends."
        raise ActionRejected("day", zh, en, status=422, field="/on") from None


def _claim(row: Entitlement, form: Form) -> uuid.UUID:
    """Return the overpayment that the page names, if it is of this entitlement."""
    for key in row.overpayments.values_list("pk", flat=True):
        if form.get("claim", "") == str(key):
            return key
    raise ActionRejected("not_found", "没有这笔多发款项", "No such overpayment.", status=404)


@dataclass(frozen=True, slots=True)
class AfterStop:
    """What a stop on a day would do: periods not paid yet that are cancelled, and those paid."""

    cancelled: int
    paid: int
    overpaid: Decimal


def after_stop(row: Entitlement, on: datetime.date) -> AfterStop:
    after = Instalment.objects.filter(entitlement=row, period__gt=on)
    paid = [one.amount or Decimal(0) for one in after.filter(payment__isnull=False)]
    open_ = after.filter(payment=None).exclude(state=InstalmentState.CANCELLED)
    return AfterStop(open_.count(), len(paid), sum(paid, Decimal(0)))
