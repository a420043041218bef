"""A legal and a technical officer read what is proposed: two persons, neither of them its author.

``services.publish`` publishes what both have approved; PostgreSQL asks again (``services.guards``).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import transaction

from ledger.clock import city_date
from people import text as texts
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services.models import Proposal, Review
from services.models.proposals import WORDS
from services.states import OPEN
from services.steps import lock, nobody_known, require_role, settled, step

LONGEST = 400  # characters of a reason

_STEP = ["state", "events", "head"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an officer says of the text whose ``hash`` they have read; not ``approves``: send back.

    ``signature``: the detached JWS of an opinion that was given outside (``services.signing``).
    """

    approves: bool
    words: str
    hash: str
    signature: str = ""


def review(proposal: int, opinion: Opinion, *, by: Actor, now: datetime.datetime) -> Proposal:
    """Approve a proposed text or send it back; approved by both roles, it may be published.

    Raises ``Proposal.DoesNotExist`` and ``ActionRejected``: for another role, the author or the
    other reviewer under any account, another text, a second approval, a settled proposal.
    """
    with transaction.atomic():
        service, found = lock(proposal)
        _require_another_person(by, found)  # first: whoever is refused for it learns why
        require_role(by, User.Role.LEGAL, User.Role.TECHNICAL)
        words = texts.reason(opinion.words, longest=WORDS)
        if found.state not in OPEN:
            raise settled(found)
        _require_one_part(by, found)
        if opinion.hash != found.hash:
            zh = f"所审文本（{opinion.hash[:12]}）与提案文本（{found.hash[:12]}）不同，请重新阅读"
            en = f"You have read {opinion.hash[:12]}, proposed is {found.hash[:12]}: read it again."
            raise ActionRejected("another_text", zh, en)
        approved = set(found.reviews.filter(approves=True).values_list("role", flat=True))
        if opinion.approves and by.role in approved:
            zh, en = "该角色已同意", "Somebody of your role has approved it already."
            raise ActionRejected("reviewed_already", zh, en)
        made = Review(
            proposal=found,
            hash=opinion.hash,
            role=by.role,
            approves=opinion.approves,
            opinion=words,
            by=str(by),
            person=by.person,
            at=now,
            signature=opinion.signature,
        )
        made.save(force_insert=True)
        is_last = {*approved, by.role} == set(Review.Role.values)
        kind = ("approved" if is_last else "reviewed") if opinion.approves else "sent_back"
        data = {"role": by.role, "opinion": words, "signature": opinion.signature}
        step(service, found, kind, by=by, now=now, data=data)
        found.save(update_fields=_STEP)
    return found


def withdraw(proposal: int, *, by: Actor, now: datetime.datetime, reason: str) -> Proposal:
    """Take a proposal back, by any policy officer: its author may be gone."""
    require_role(by, User.Role.POLICY)
    reason = texts.reason(reason, longest=LONGEST)
    with transaction.atomic():
        service, found = lock(proposal)
        if found.state not in OPEN:
            raise settled(found)
        step(service, found, "withdrawn", by=by, now=now, data={"reason": reason})
        found.save(update_fields=_STEP)
    return found


def order_correction(proposal: int, *, by: Actor, now: datetime.datetime, reason: str) -> Proposal:
    """Let a proposal begin on its past day, to correct an error; by a head of office.

    Raises ``ActionRejected`` for another role, whoever has a part in it already, a day that is
    not past, or a second order.
    """
    require_role(by, User.Role.HEAD)
    reason = texts.reason(reason, longest=LONGEST)
    with transaction.atomic():
        service, found = lock(proposal)
        if found.state not in OPEN:
            raise settled(found)
        if found.ordered_by:
            zh, en = "已决定更正", "The correction is ordered already."
            raise ActionRejected("ordered_already", zh, en)
        _require_another_person(by, found)
        _require_one_part(by, found)
        if found.base_id is None or found.in_force_from >= city_date(now):
            zh, en = "生效日期未过，无须更正", "Its day is not past: there is nothing to order."
            raise ActionRejected("not_past", zh, en)
        found.ordered_by, found.orderer = str(by), by.person
        found.ordered_at, found.order_reason = now, reason
        step(service, found, "ordered", by=by, now=now, data={"reason": reason})
        found.save(update_fields=[*_STEP, "ordered_by", "orderer", "ordered_at", "order_reason"])
    return found


def authors(found: Proposal) -> set[str]:
    """Return the persons who have proposed, as the account says now and as it said then."""
    name = found.proposed_by.partition(":")[2]
    known = User.objects.filter(username=name).values_list("person", flat=True)
    return {found.author, *known} - {""}


def _require_another_person(by: Actor, found: Proposal) -> None:
    """Raise ``ActionRejected`` (403) for the author, under whichever account."""
    if str(by) == found.proposed_by or (by.person and by.person in authors(found)):
        zh = "提出人不能审核自己提出的版本，换用其他账号也不行；须由另外两人审核"
        en = (
            "Whoever proposed an edition cannot approve it, under no account:"
            " two other officers review it."
        )
        raise ActionRejected("own_proposal", zh, en, status=403)


def _require_one_part(by: Actor, found: Proposal) -> None:
    """Raise ``ActionRejected`` (403) for whoever has another part in it, or is nobody known."""
    if not by.person:
        raise nobody_known()
    others = found.reviews.filter(approves=True).exclude(role=by.role)
    if by.person == found.orderer or others.filter(person=by.person).exists():
        zh = "同一人不能以两种身份办理同一提案，换用其他账号也不行"
        en = "One person has one part in a proposal, under whichever account."
        raise ActionRejected("same_person", zh, en, status=403)
