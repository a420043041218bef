"""Approving although a condition is not met: one officer proposes, a second one confirms."""

import datetime
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import legal_review, officer, steps
from approvals.actions.decisions import Decided
from approvals.errors import not_found, stale
from approvals.models import Application, ApprovalProposal, LegalReview
from approvals.records import receipts
from approvals.states import Outcome, State
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services.explain import explain


def propose_approval(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> ApprovalProposal:
    """Propose to approve a case in one's hands against the verdict; nothing is decided by it.

    The reason is the later decision's: a full sentence of the officer's own. The case stays in
    the hands of who proposes, and a move of it leaves the proposal without effect.
    """
    with transaction.atomic():
        application = officer.lock_taken(number, by, version, "approve")
        judged = officer.judged(application, Outcome.APPROVE, by, now)
        if not receipts.is_against_verdict(judged.receipt):
            raise ActionRejected(
                "no_second_officer_needed",
                "没有不符合的条件，可以直接批准",
                "No condition is unmet; approve it yourself.",
            )
        reason = text.full_reason(reason, longest=2000, prefilled=_prefilled(judged))
        event = steps.event_in_place(
            application, "approval_proposed", by=by, now=now, data={"reason": reason}
        )
        steps.write([application], [application.state], [event])
        proposal = ApprovalProposal(
            application=application,
            version=application.version,
            reason=reason,
            proposed_by=User.objects.get(username=by.code),
            proposed_at=now,
        )
        bulk.insert(ApprovalProposal, [proposal])
        if officer.asks_legal_review(application, Outcome.APPROVE):
            legal_review.ask(application, Outcome.APPROVE, reason, by, now)
    return proposal


def confirm_approval(
    *, proposal: UUID, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Approve as the second officer; both stand in the receipt. ``version`` is what was shown."""
    with transaction.atomic():
        found = _open(proposal, by, version)
        review = _agreed(found.application)
        _settle(found, True, "", by, now)
        resolution = officer.Resolution(
            Outcome.APPROVE, found.reason, proposed_by=found.proposed_by, review=review
        )
        officer.decide(found.application, resolution, by, now)
    return found.application


def send_back_approval(
    *,
    proposal: UUID,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Say no to a proposal as the second officer: the first one goes on with the case."""
    with transaction.atomic():
        found = _open(proposal, by, version)
        reason = steps.require_reason(reason)
        _settle(found, False, reason, by, now)
        application = found.application
        event = steps.event_in_place(
            application, "approval_sent_back", by=by, now=now, data={"reason": reason}
        )
        steps.write([application], [application.state], [event])
    return application


def open_proposal(application: Application) -> ApprovalProposal | None:
    """Return the proposal that waits for a second officer, if the case has not moved since."""
    if application.state != State.REVIEW:
        return None
    return (
        ApprovalProposal.objects.filter(
            application=application, version=application.version, settled_at=None
        )
        .select_related("proposed_by")
        .first()
    )


def is_against_verdict(application: Application, by: Actor, now: datetime.datetime) -> bool:
    """Whether approving the case now needs a second officer."""
    judged = officer.judged(application, Outcome.APPROVE, by, now)
    return receipts.is_against_verdict(judged.receipt)


def _agreed(application: Application) -> LegalReview | None:
    """Return the legal review of an approval against the verdict, where the pack wants one."""
    if not officer.asks_legal_review(application, Outcome.APPROVE):
        return None
    review = legal_review.open_review(application)
    if review is None or not review.agreed:
        raise ActionRejected(
            "legal_review_waits",
            "须待法制审核同意后才能确认",
            "The legal review has not agreed yet; confirm it afterwards.",
        )
    return review


def _open(proposal: UUID, by: Actor, version: int | None) -> ApprovalProposal:
    """Lock the case first, as every action does, then its proposal."""
    known = ApprovalProposal.objects.filter(pk=proposal).select_related("application").first()
    if known is None:
        raise not_found()
    application = steps.lock(known.application.number)
    policies.require_officer(by, application)
    found = (
        ApprovalProposal.objects.select_for_update(of=("self",))
        .select_related("proposed_by")
        .get(pk=proposal)
    )
    found.application = application
    moved = found.settled_at is not None or found.version != application.version
    if moved or application.state != State.REVIEW or version not in (None, application.version):
        raise stale()
    if found.proposed_by.username == by.code:
        raise ActionRejected(
            "same_officer",
            "提出人不能自己确认，须由本部门另一名工作人员确认",
            "Whoever proposed it cannot confirm it; a second officer of the office has to.",
            status=403,
        )
    policies.require_another_officer(by, application)
    return found


def _settle(
    found: ApprovalProposal, confirmed: bool, answer: str, by: Actor, now: datetime.datetime
) -> None:
    found.settled_by, found.settled_at = User.objects.get(username=by.code), now
    found.confirmed, found.answer = confirmed, answer
    bulk.update(ApprovalProposal, [found], ["settled_by", "settled_at", "confirmed", "answer"])


def _prefilled(judged: Decided) -> list[str]:
    """Return the sentences that pages put before an officer, in both languages."""
    found = []
    for language in ("zh", "en"):
        for line in explain(judged.file.book, judged.receipt["verdict"], language, officer=True):
            found += [f"{line.status}: {line.words}", line.words, line.status, line.law]
    return found
