"""Revoking by law (行政许可法 art. 69): one officer proposes, a second one confirms."""

import datetime
import uuid
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction

import bulk
from certificates import policies
from certificates.actions import filing
from certificates.actions.lifecycle import lock
from certificates.actions.transitions import change_state
from certificates.errors import not_found
from certificates.models import STATEMENT_LONGEST, Filing, Revocation
from certificates.states import LIVE, FilingState
from certificates.words import LAW
from ledger import events
from ledger.models import Event
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User


class Further(TypedDict, total=False):
    """``item``: the one filing that is to end. ``heard_until``: until then the holder may be heard,
    and nobody confirms before, unless the holder has stated their view.
    """

    item: str
    heard_until: datetime.datetime


def propose(
    *,
    public_id: str,
    ground: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    **further: Unpack[Further],
) -> Revocation:
    """Propose to revoke a certificate, or one filing consolidated into it.

    Nothing changes yet but the record. Raises ``ActionRejected``.
    """
    reason = policies.reason_in_line(reason)
    if ground not in LAW:
        raise ActionRejected(
            "ground", "请选择撤销的法定情形", "Choose a ground in law.", status=422
        )
    with transaction.atomic():
        certificate = lock(public_id)
        policies.require_officer(by, certificate)
        item = further.get("item", "")
        part = _part(certificate.pk, item) if item else None
        gone = certificate.state not in LIVE
        if gone or (part is not None and part.state == FilingState.REVOKED):
            raise ActionRejected("ended", "该证照已经失效", "It has ended already.")
        revocation = Revocation(
            certificate=certificate,
            filing=part,
            ground=ground,
            reason=reason,
            proposed_by=User.objects.get(username=by.code),
            proposed_at=now,
            heard_until=further.get("heard_until"),
        )
        try:
            with transaction.atomic():
                bulk.insert(Revocation, [revocation])
        except IntegrityError:
            raise ActionRejected(
                "proposed", "已有人提出撤销，待确认", "Somebody has proposed that already."
            ) from None
        data = _data(revocation)
        event = events.append(
            certificate, certificate.subject, "revocation_proposed", by=by, now=now, data=data
        )
        bulk.update(type(certificate), [certificate], ["events", "head"])
        bulk.insert(Event, [event])
    return revocation


def confirm(*, revocation: uuid.UUID, by: Actor, now: datetime.datetime) -> Revocation:
    """Confirm as the second officer: the certificate, or its one part, ends at this moment."""
    with transaction.atomic():
        found = _open(revocation)
        policies.require_second(by, found)
        policies.require_heard(found, now)
        found.confirmed_by, found.confirmed_at = User.objects.get(username=by.code), now
        bulk.update(Revocation, [found], ["confirmed_by", "confirmed_at"])
        data = _data(found)
        if found.filing is not None:
            filing.revoke(found.filing, by=by, now=now, data=data)
        else:
            change_state([found.certificate], "revoke", by=by, now=now, data=lambda _: data)
    return found


def drop(*, revocation: uuid.UUID, by: Actor, now: datetime.datetime) -> Revocation:
    """Say no to a proposal; the certificate stays as it is."""
    with transaction.atomic():
        found = _open(revocation)
        policies.require_officer(by, found.certificate)
        found.dropped_at = now
        bulk.update(Revocation, [found], ["dropped_at"])
        certificate = found.certificate
        event = events.append(
            certificate,
            certificate.subject,
            "revocation_dropped",
            by=by,
            now=now,
            data={"revocation": str(found.pk)},
        )
        bulk.update(type(certificate), [certificate], ["events", "head"])
        bulk.insert(Event, [event])
    return found


def state_view(*, public_id: str, statement: str, by: Actor, now: datetime.datetime) -> Revocation:
    """State the holder's view of a proposed revocation, once (陈述、申辩).

    Raises ``ActionRejected`` (404 not the holder's, or nothing is proposed, 409 stated before).
    """
    statement = text.reason(statement, longest=STATEMENT_LONGEST)
    with transaction.atomic():
        certificate = lock(public_id)
        policies.require_holder(by, certificate)
        rows = Revocation.objects.select_for_update().filter(certificate=certificate, filing=None)
        found = rows.filter(confirmed_at=None, dropped_at=None).first()
        if found is None:
            raise not_found()
        if found.stated_at is not None:
            raise ActionRejected("stated", "您已陈述意见", "You have stated your view before.")
        found.statement, found.stated_at = statement, now
        bulk.update(Revocation, [found], ["statement", "stated_at"])
        data = {"revocation": str(found.pk), "statement": statement}
        event = events.append(
            certificate, certificate.subject, "revocation_stated", by=by, now=now, data=data
        )
        bulk.update(type(certificate), [certificate], ["events", "head"])
        bulk.insert(Event, [event])
    return found


def _open(revocation: uuid.UUID) -> Revocation:
    """Lock the certificate first, as every action does, then the proposal."""
    known = Revocation.objects.select_related("certificate").filter(pk=revocation).first()
    if known is None:
        raise not_found()
    certificate = lock(known.certificate.public_id)
    found = (
        Revocation.objects.select_for_update(of=("self",))
        .select_related("filing", "proposed_by")
        .get(pk=revocation)
    )
    found.certificate = certificate
    if found.confirmed_at or found.dropped_at:
        raise ActionRejected("settled", "该撤销提议已处理", "That proposal is settled already.")
    return found


def _part(certificate: uuid.UUID, item: str) -> Filing:
    part = Filing.objects.select_for_update().filter(certificate=certificate, item=item).first()
    if part is None:
        raise not_found()
    return part


def _data(revocation: Revocation) -> dict[str, Any]:
    return {
        "revocation": str(revocation.pk),
        "ground": revocation.ground,
        "must": revocation.mandatory,
        "law": LAW[revocation.ground],
        "reason": revocation.reason,
        "item": revocation.filing.item if revocation.filing else "",
        "proposed_by": revocation.proposed_by.username,
        "confirmed_by": revocation.confirmed_by.username if revocation.confirmed_by else "",
    }
