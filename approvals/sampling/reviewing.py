"""What officers say of drawn cases: one answers blind, a second one settles what was found."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import overturned
from approvals.errors import not_found
from approvals.models import SampleFinding, SampleReview
from approvals.sampling import cases
from certificates.actions import propose
from certificates.policies import REASON_LONGEST
from certificates.queries import live_for
from certificates.words import LAW
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue

Answer = SampleReview.Answer
LONGEST = 2000
OTHER = "other"  # a condition that the edition does not have


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reviewer says: an answer, the ids of conditions that are not met, and why."""

    answer: str
    conditions: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the second officer says of a finding.

    ``ground``: of the law (行政许可法 §69), to propose revocation of the certificate; empty: the
    certificate stays, and the note says why.
    """

    confirmed: bool
    note: str
    ground: str = ""


def answer(*, review: UUID, opinion: Opinion, by: Actor, now: datetime.datetime) -> SampleReview:
    """Answer as the reviewer, once; an approval that one would not have given is a finding."""
    with transaction.atomic():
        found = _mine(review, by)
        if found.answered_at is not None:
            raise ActionRejected(
                "answered", "该件已复查完毕，不能再改", "You have answered; it cannot be changed."
            )
        _require_whole(opinion, found)
        found.answer, found.conditions = opinion.answer, sorted(set(opinion.conditions))
        found.reason, found.answered_at = _reason(opinion), now
        bulk.update(SampleReview, [found], ["answer", "conditions", "reason", "answered_at"])
        if found.answer == Answer.REJECT and not found.is_control:
            made = SampleFinding(review=found, found_by=_user(by), found_at=now)
            bulk.insert(SampleFinding, [made])
    return found


def settle(
    *, finding: UUID, settlement: Settlement, by: Actor, now: datetime.datetime
) -> SampleFinding:
    """Confirm or dismiss a finding as the second officer.

    Confirmed, it becomes a test case for the pack. Where a ground is chosen and the certificate
    stands, its revocation is proposed, which again a second officer confirms: nothing ends by this.
    """
    with transaction.atomic():
        found = _open(finding, by)
        note = text.reason(settlement.note, longest=LONGEST)
        if settlement.ground and not settlement.confirmed:
            raise ActionRejected(
                "ground",
                "认定发现不成立的，不能选择撤销情形",
                "What is dismissed has no ground.",
                status=422,
            )
        if settlement.ground and settlement.ground not in LAW:
            raise ActionRejected(
                "ground", "请选择撤销的法定情形", "Choose a ground in law.", status=422
            )
        found.settled_by, found.settled_at = _user(by), now
        found.confirmed, found.note = settlement.confirmed, note
        found.ground = settlement.ground
        if found.confirmed:
            found.test = cases.fragment(found.review)
        bulk.update(
            SampleFinding,
            [found],
            ["settled_by", "settled_at", "confirmed", "note", "ground", "test"],
        )
        if found.confirmed:
            overturned.propose_from_finding(found, by=by, now=now)
        issued = live_for(found.review.application.number) if settlement.ground else None
        if issued is not None:
            propose(
                public_id=issued.public_id,
                ground=settlement.ground,
                reason=note[:REASON_LONGEST],
                by=by,
                now=now,
            )
    return found


def _mine(review: UUID, by: Actor) -> SampleReview:
    found = (
        SampleReview.objects.select_for_update(of=("self",))
        .select_related("application", "reviewer")
        .filter(pk=review)
        .first()
    )
    if found is None or found.reviewer is None or found.reviewer.username != by.code:
        raise not_found()
    policies.require_officer(by, found.application)
    return found


def _open(finding: UUID, by: Actor) -> SampleFinding:
    found = (
        SampleFinding.objects.select_for_update(of=("self",))
        .select_related(
            "found_by", "review__application", "review__decision__edition", "review__draw"
        )
        .filter(pk=finding)
        .first()
    )
    if found is None:
        raise not_found()
    policies.require_officer(by, found.review.application)
    if found.settled_at is not None:
        raise ActionRejected("settled", "该发现已处理", "That finding is settled already.")
    if policies.has_decided(by, found.review.application):
        raise ActionRejected(
            "decided_before",
            "您曾对该办件作出决定或提出纠正，须由其他工作人员处理该发现",
            "You decided this case, or opened it again; another officer settles the finding.",
            status=403,
        )
    if found.found_by.username == by.code:
        raise ActionRejected(
            "same_officer",
            "发现人不能自己确认，须由本部门另一名工作人员确认",
            "Whoever found it cannot confirm it; a second officer of the office has to.",
            status=403,
        )
    return found


def _require_whole(opinion: Opinion, review: SampleReview) -> None:
    if opinion.answer not in Answer.values:
        raise ActionRejected("answer", "请选择复查意见", "Choose an answer.", status=422)
    if opinion.answer != Answer.REJECT and opinion.conditions:
        raise ActionRejected(
            "conditions",
            "只有认为不应批准时才选择不符合的条件",
            "Only who would not approve names conditions.",
            status=422,
        )
    book = catalogue.rulebook(review.application.edition_id)
    known = {condition.id for condition in book.conditions} | {OTHER}
    if opinion.answer == Answer.REJECT and not set(opinion.conditions) & known:
        raise ActionRejected(
            "conditions",
            "请选择不符合的条件",
            "Say which conditions are not met.",
            status=422,
        )
    if set(opinion.conditions) - known:
        raise ActionRejected(
            "conditions", "没有这个条件", "There is no such condition.", status=422
        )


def _reason(opinion: Opinion) -> str:
    match opinion.answer:
        case Answer.REJECT:
            return text.full_reason(opinion.reason, longest=LONGEST)
        case Answer.UNSURE:
            return text.reason(opinion.reason, longest=LONGEST)
        case _:
            return text.clean(opinion.reason, longest=LONGEST, field="/reason", lines=True)


def _user(by: Actor) -> User:
    return User.objects.get(username=by.code)
