"""A settled case goes to an officer again: contested, an error of ours, or a changed record."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import clock, quotas, steps
from approvals.errors import illegal
from approvals.models import Application, Confirmation, Decision
from approvals.records import binding, provisional
from approvals.rows.confirmations import ConfirmationState
from approvals.states import State, may_take
from certificates.actions import lapse_for, lock_for, withdraw_for
from certificates.queries import ended_by, stands_for
from entitlements.actions import hold_for
from ledger.clock import city_date
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue


def reopen(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Contest a decision (复核), or as an officer of its office correct an error of one's own.

    Until another officer has decided again the old decision no longer stands, and a certificate
    that came of it is suspended. An officer opens it within the time in which it could be brought
    to court (行政诉讼法 §46); whoever opens it does not decide it. Raises ``ActionRejected`` (404
    not theirs, 409 too late, not decided, or a later case has changed or ended what came of it).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        why = "contested"
        if by.kind is Kind.OFFICER:
            policies.require_officer(by, application)
            if not may_take("reopen", application.state):
                raise illegal("reopen", application.state)
            policies.require_reopenable(application, now)
            why = "own_error"
        else:
            policies.require_applicant(by, application, now)
            policies.require_contestable(application, now)
        _require_unchanged(application)
        return _reopen(application, steps.require_reason(reason), why, by, now)


def _require_unchanged(application: Application) -> None:
    """What a later case has changed or ended is not decided anew: a second would come of it.

    Of two at once, one waits for the other: what stands is locked. Where the case that ended it
    was refused afterwards, the way is open again, as what has ended comes to life by no other.
    """
    lock_for(application.number)
    ending = ended_by(application.number, application.applicant)
    if ending and Application.objects.filter(number=ending).exclude(state=State.REFUSED).exists():
        raise ActionRejected(
            "ended_since",
            "该办件签发的证照此后已由其他办件注销或者使用，不能重新办理；对后一办件有异议的，请就后一办件提出",
            "A later application has ended or used up the certificate that came of it, so it is"
            " not decided again. Where the later one is wrong, contest that one.",
        )
    standing = stands_for(application.number, application.applicant)
    if standing is not None and standing.application != application.number:
        raise ActionRejected(
            "changed_since",
            "该办件签发的证照此后已由其他办件变更，不能重新办理；现行证照有误的，请申请变更或提出撤销",
            "A later application has changed the certificate that came of it, so it is not decided"
            " again. Where the present one is wrong, have it changed or propose to revoke it.",
        )


def reopen_for_change(
    *, number: str, reason: str, by: Actor, now: datetime.datetime
) -> Application:
    """Hand a settled case to an officer because a record that it rests on has changed."""
    with transaction.atomic():
        application = steps.lock(number)
        if application.state != State.APPROVED:
            raise illegal("reopen", application.state)
        return _reopen(application, reason, "facts_changed", by, now)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Why a provisional approval goes to an officer: in words, and as ``handover`` keeps it.

    ``data``: of its event. ``lapses``: its certificate ends, and is not only suspended.
    """

    reason: str
    handover: str
    data: Mapping[str, Any]
    lapses: bool = False


def reopen_unconfirmed(
    application: Application, found: Unconfirmed, by: Actor, now: datetime.datetime
) -> Application:
    """Hand a locked case to an officer that was granted provisionally and is not confirmed."""
    if found.lapses:
        lapse_for(application.number, reason=found.reason, by=by, now=now)
    return _reopen(application, found.reason, found.handover, by, now, found.data)


NOTHING: Mapping[str, Any] = {}


def _reopen(
    application: Application,
    reason: str,
    why: str,
    by: Actor,
    now: datetime.datetime,
    further: Mapping[str, Any] = NOTHING,
) -> Application:
    before = application.state
    book = catalogue.rulebook(application.edition_id)
    clock.start(application, book, city_date(now))
    data = {"reason": reason, **further, **binding.of_term(application)}
    event = steps.move(application, "reopen", by=by, now=now, kind="reopened", data=data)
    application.settled_at, application.handover = None, why
    if why == "contested":
        application.contested = reason
    application.taken_by = application.taken_at = None
    standing = list(Decision.objects.filter(application=application, live=True))
    for decision in standing:
        decision.live = False
    bulk.update(Decision, standing, ("live",))
    withdraw_for(application.number, reason="reopened", by=by, now=now)
    hold_for(application.number, by=by, now=now)
    fields = ("settled_at", "handover", "contested", "taken_by", "taken_at", "round", *clock.FIELDS)
    steps.write([application], [before], [event], fields)
    if provisional.KEY not in further:  # there is nothing to confirm any more
        due = Confirmation.objects.filter(application=application, state=ConfirmationState.DUE)
        due.update(state=ConfirmationState.ENDED, ended_at=now)
    quotas.take_again(application, book, now)
    steps.announce([application])
    return application
