"""What an assistant hands in by its citizen's mandate: that and no more, counted by PostgreSQL."""

import datetime
import uuid

import bulk
from approvals.actions import assistant_mandates
from approvals.models import Application, AssistantMandate, AssistantSubmission
from approvals.records import undertakings
from people.actors import Actor
from people.errors import ActionRejected
from services.rulebook import Rulebook


def require(
    mandate: uuid.UUID | None, service: str, *, by: Actor, now: datetime.datetime
) -> AssistantMandate:
    """Return the mandate by which ``by`` may hand in one more application for a service now."""
    found = assistant_mandates.in_force(mandate, now) if mandate else None
    if found is None or assistant_mandates.actor(found) != by:
        raise assistant_mandates.no_mandate()
    if not by.covers(service):
        raise not_in_mandate()
    if left(found) < 1:
        raise beyond()
    return found


def left(mandate: AssistantMandate) -> int:
    """Return how many applications may still be handed in by a mandate."""
    return max(0, mandate.submissions - mandate.submissions_made.count())


def rows_of(
    mandate: uuid.UUID | None, application: Application, book: Rulebook, now: datetime.datetime
) -> list[AssistantSubmission]:
    """Return the row of what an assistant hands in, unsaved; nothing of what others do.

    Raises ``ActionRejected`` (403) where something would be signed: a commitment is its citizen's
    own word.
    """
    if mandate is None:
        return []
    if undertakings.ticked(application, book):
        raise ActionRejected(
            "sign_yourself",
            "告知承诺、容缺承诺须由本人在网上签署，请本人登录后提交",
            "Commitments and promises are signed by the citizen: they hand it in themselves.",
            status=403,
        )
    return [
        bulk.new(AssistantSubmission, application_id=application.id, mandate_id=mandate, at=now)
    ]


def not_in_mandate() -> ActionRejected:
    return ActionRejected(
        "not_in_mandate",
        "本人的授权不包括这一事项或内容",
        "The citizen's mandate does not cover this service, or this.",
        status=403,
    )


def beyond() -> ActionRejected:
    return ActionRejected(
        "submissions_used_up",
        "授权的提交次数已经用完，请本人提交或另行授权",
        "All submissions of the mandate are made. The citizen hands it in, or gives another.",
    )
