"""What a named officer decides: approve and refuse here; ``returning`` sends back."""

import datetime
from contextlib import suppress
from dataclasses import dataclass, replace

from django.db import transaction

from approvals import policies
from approvals.actions import (
    changing,
    delivery,
    evidence,
    guards,
    materials,
    overturned,
    quotas,
    steps,
    undertakings,
)
from approvals.actions.decisions import Decided, Ruling, build, printed
from approvals.actions.outcomes import record
from approvals.documents import issuing
from approvals.errors import illegal
from approvals.models import Application, LegalReview, ReturnPermission
from approvals.records import correction
from approvals.records.receipts import is_against_verdict
from approvals.states import Outcome, may_take
from certificates.actions import propose
from certificates.pdf.glyphs import printable, substituted
from certificates.policies import REASON_LONGEST
from certificates.queries import live_for
from exchange.models import Endpoint
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.verdict import judge


def approve(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Grant what the machine could not; the reason and the officer's name go into the receipt.

    Only what no condition speaks against: otherwise a second officer confirms (``second_officer``).

    A character that no font has is printed by its code; that the officer confirmed it stands in
    the certificate and in its event.
    """
    with transaction.atomic():
        application = lock_taken(number, by, version, "approve")
        decide(application, Resolution(Outcome.APPROVE, reason), by, now)
    return application


def refuse(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Refuse, in writing, with reasons and remedies (行政许可法 §38): only a named officer can.

    Where an earlier approval is overturned, its suspended certificate is proposed for revocation,
    which a second officer confirms.
    """
    with transaction.atomic():
        application = lock_taken(number, by, version, "refuse")
        refuse_locked(application, reason, by, now)
    return application


def refuse_locked(
    application: Application,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    *,
    review: LegalReview | None = None,
) -> None:
    """Refuse a locked case; ``review``: a legal officer has agreed to these words."""
    decided = decide(application, Resolution(Outcome.REFUSE, reason, review=review), by, now)
    issued = live_for(application.number)
    if issued is not None:
        with suppress(ActionRejected):  # a colleague has proposed that before
            propose(
                public_id=issued.public_id,
                ground="unqualified",
                reason=decided.ruling.reasons[0][:REASON_LONGEST],
                by=by,
                now=now,
            )


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an officer decides, and what belongs to it.

    ``proposed_by``: the first of two officers, of an approval against the verdict. ``opened``:
    what the applicant may change of a returned case. ``permission``: a supervisor's, to return it
    again. ``review``: that a legal officer has agreed to.
    """

    outcome: Outcome
    reason: str
    proposed_by: User | None = None
    opened: correction.Opened = None
    permission: ReturnPermission | None = None
    review: LegalReview | None = None


def lock_taken(number: str, by: Actor, version: int | None, edge: str) -> Application:
    """Lock a case in the officer's hands from whose state the edge leads away."""
    application = steps.lock(number, version=version)
    policies.require_officer(by, application)
    if not may_take(edge, application.state):
        raise illegal(edge, application.state)
    policies.require_taken(by, application)
    return application


def decide(
    application: Application, resolution: Resolution, by: Actor, now: datetime.datetime
) -> Decided:
    """Judge a locked case on what is stored of it, and write the officer's decision beside that.

    Without a first of two officers, an approval against the verdict is rejected here and by
    PostgreSQL; so is, without a review, what the pack wants reviewed.
    """
    resolution = replace(resolution, reason=steps.require_reason(resolution.reason))
    _require_review(application, resolution)
    decided = _built(application, resolution, by, now)
    changing.require_live(decided.file.subject, resolution.outcome, city_date(now))
    if resolution.outcome is Outcome.APPROVE:
        _require_printable(application)
        materials.require_read(decided.receipt, decided.file.book)
        undertakings.require_kept(application, decided.file.book)
        quotas.require(decided.receipt.get("quota"))
        if resolution.proposed_by is None and is_against_verdict(decided.receipt):
            raise ActionRejected(
                "second_officer_required",
                "有条件不符合，不能由一人批准；请提出批准意见，由本部门另一名工作人员确认",
                "A condition is not met: propose the approval, and a second officer of the office"
                " confirms it.",
            )
    why = application.handover  # of before: a decision takes it away
    client = application.client_id
    decided.has_webhook = bool(client) and Endpoint.objects.filter(partner=client).exists()
    guards.hold(application, decided.file.book, lambda: record([decided], by=by, now=now))
    issuing.of_decision(application, decided.decision)
    overturned.propose_from_refusal(decided, why=why, by=by, now=now)
    if decided.decision.live:
        delivery.begin(application, decided.decision, now)
    steps.announce([application])
    return decided


def asks_legal_review(application: Application, outcome: Outcome) -> bool:
    """Whether the pack wants a legal officer to see a refusal, or an approval against the verdict,
    before it is decided."""
    reviewed = catalogue.rulebook(application.edition_id).pack.legal_review
    return ("refuse" if outcome is Outcome.REFUSE else "override") in reviewed


def _require_review(application: Application, resolution: Resolution) -> None:
    """An approval's review is looked for by ``second_officer``, who has its proposal."""
    refuses = resolution.outcome is Outcome.REFUSE and resolution.review is None
    if refuses and asks_legal_review(application, Outcome.REFUSE):
        raise ActionRejected(
            "legal_review_required",
            "该事项不予批准须先经法制审核，请提交法制审核",
            "A refusal of this service goes to legal review first.",
        )


def judged(
    application: Application,
    outcome: Outcome,
    by: Actor,
    now: datetime.datetime,
    reason: str = "",
    review: LegalReview | None = None,
) -> Decided:
    """Return what an officer's decision would be, unsaved, with the verdict of this moment."""
    return _built(application, Resolution(outcome, reason, review=review), by, now)


def _built(
    application: Application, resolution: Resolution, by: Actor, now: datetime.datetime
) -> Decided:
    (file,) = evidence.files([application])
    inputs = file.inputs()
    ruling = Ruling(
        resolution.outcome,
        [resolution.reason],
        by,
        now,
        automatic=False,
        officer=User.objects.get(username=by.code),
        printed=printed(file.identity().name, file.book, inputs, application.answers),
        proposed_by=resolution.proposed_by,
        opened=resolution.opened,
        permission=resolution.permission,
        review=resolution.review,
    )
    return build(file, inputs, judge(file.book, inputs), ruling)


def _require_printable(application: Application) -> None:
    if not printable(substituted(application.applicant_name)):
        raise ActionRejected(
            "unprintable_name",
            "姓名含有不可见的字符，不能制证；请退回补正",
            "The name has an invisible character; return it for correction.",
        )
