"""Legal review (法制审核) of what a pack names: a clerk asks, a legal officer answers.

Law: 国办发〔2018〕118号 (重大执法决定法制审核). The decision stays the clerk's, in the clerk's
name and words; PostgreSQL refuses it without the review (``approvals.guards``).
"""

import datetime
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import officer, steps
from approvals.errors import not_found, stale
from approvals.models import Application, LegalReview
from approvals.states import Outcome, State
from people import actors, text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User


def propose_refusal(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> LegalReview:
    """Ask for the legal review of a refusal; nothing is decided by it.

    The reason, with its law, is the later decision's. The case stays in the clerk's hands, and a
    move of it leaves the review without effect.
    """
    with transaction.atomic():
        application = officer.lock_taken(number, by, version, "refuse")
        if not officer.asks_legal_review(application, Outcome.REFUSE):
            raise ActionRejected(
                "no_legal_review_needed",
                "该事项不予批准无须法制审核，可以直接作出",
                "A refusal of this service needs no legal review; refuse it yourself.",
            )
        reason = steps.require_reason(reason)
        event = steps.event_in_place(
            application, "legal_review_asked", by=by, now=now, data={"reason": reason}
        )
        steps.write([application], [application.state], [event])
        return ask(application, Outcome.REFUSE, reason, by, now)


def ask(
    application: Application, outcome: Outcome, reason: str, by: Actor, now: datetime.datetime
) -> LegalReview:
    """Write the row of a review of a locked case as it is now."""
    review = LegalReview(
        application=application,
        version=application.version,
        outcome=outcome.value,
        reason=reason,
        asked_by=User.objects.get(username=by.code),
        asked_at=now,
    )
    bulk.insert(LegalReview, [review])
    return review


def agree_review(
    *,
    review: UUID,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Agree, as a legal officer; ``reason`` is the opinion. A refusal is decided by it at once, in
    the clerk's name; an approval still waits for its second officer."""
    with transaction.atomic():
        found = _open(review, by, version)
        application = found.application
        clerk = actors.officer(found.asked_by)
        is_in_hand = application.taken_by_id == found.asked_by_id and found.asked_by.is_active
        if not (is_in_hand and policies.may_handle(clerk, application)):
            raise stale()
        _settle(found, True, reason, by, now)
        data = {"review": str(found.pk), "opinion_sha256": found.opinion_sha256}
        event = steps.side_event(application, "legal_review_agreed", by=by, now=now, data=data)
        steps.write([application], [application.state], [event], steps.SIDE)
        if found.outcome == Outcome.REFUSE:
            officer.refuse_locked(application, found.reason, clerk, now, review=found)
    return application


def send_back_review(
    *,
    review: UUID,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Send back with an opinion, as a legal officer: the clerk goes on with the case."""
    with transaction.atomic():
        found = _open(review, by, version)
        _settle(found, False, reason, by, now)
        application = found.application
        data = {"reason": found.opinion}
        event = steps.event_in_place(
            application, "legal_review_sent_back", by=by, now=now, data=data
        )
        steps.write([application], [application.state], [event])
    return application


def open_review(application: Application) -> LegalReview | None:
    """Return the legal review of the case as it stands now, waiting or agreed to."""
    if application.state != State.REVIEW:
        return None
    found = LegalReview.objects.filter(application=application, version=application.version)
    return found.exclude(agreed=False).select_related("asked_by", "settled_by").first()


def _open(review: UUID, by: Actor, version: int | None) -> LegalReview:
    """Lock the case first, as every action does, then its review."""
    known = LegalReview.objects.filter(pk=review).select_related("application").first()
    if known is None:
        raise not_found()
    application = steps.lock(known.application.number)
    policies.require_legal(by, application)
    found = (
        LegalReview.objects.select_for_update(of=("self",))
        .select_related("asked_by")
        .get(pk=review)
    )
    found.application = application
    moved = found.settled_at is not None or found.version != application.version
    if moved or application.state != State.REVIEW or version not in (None, application.version):
        raise stale()
    return found


def _settle(
    found: LegalReview, agreed: bool, opinion: str, by: Actor, now: datetime.datetime
) -> None:
    found.opinion = text.full_reason(opinion, longest=2000, prefilled=[found.reason])
    found.settled_by, found.settled_at = User.objects.get(username=by.code), now
    found.agreed = agreed
    bulk.update(LegalReview, [found], ["settled_by", "settled_at", "agreed", "opinion"])
