"""What supervisors and heads are shown before, and after, the term of the law is over."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext

from approvals import queries
from approvals.models import Application, Delivery, Escalation, Inspection
from approvals.rows.terms import Stage
from people import actors
from people.language import in_language
from people.models import User
from services import catalogue

LISTED = 12  # the rest are in the queue
# a supervisor reads both, the head of the office what is over
STAGES = {User.Role.SUPERVISOR: (Stage.SOON, Stage.OVER), User.Role.HEAD: (Stage.OVER,)}


@dataclass(frozen=True, slots=True)
class Escalated:
    """One case as the first page lists it. ``tone``: wait before its day, bad after it."""

    number: str
    link: str
    service: str
    hand: str
    last_day: datetime.datetime
    word: str | Promise
    tone: str


def is_escalated(*stages: Stage) -> Exists:
    """Whether a case was shown to a supervisor or head for the day that its term ends on now."""
    found = Escalation.objects.filter(
        application=OuterRef("pk"), due_at=OuterRef("due_at"), of_delivery=False
    )
    return Exists(found.filter(stage__in=stages or list(Stage)))


def escalated(user: User, now: datetime.datetime) -> list[Escalated]:
    """Return the first of the cases in an officer's sight that their role is shown, by day."""
    stages = STAGES.get(User.Role(user.role))
    if stages is None:
        return []
    seen = queries.visible_to(actors.officer(user)).filter(queries.RUNS)
    rows = seen.filter(is_escalated(*stages)).order_by("due_at").select_related("taken_by")
    found = []
    for case in rows[:LISTED]:
        assert case.due_at is not None, "a term without an end is not escalated"
        stage = Stage.OVER if case.due_at <= now else Stage.SOON
        taken = case.taken_by
        hand = (taken.name or taken.username) if taken else ""
        found.append(_row(case, case.due_at, stage, stage.label, hand))
    return [*found, *_undelivered(user, now, stages), *_uninspected(user)][:LISTED]


def _undelivered(
    user: User, now: datetime.datetime, stages: Sequence[Stage]
) -> Iterator[Escalated]:
    """Yield what was decided, is not delivered, and was shown to the officer's role for that."""
    noted = Escalation.objects.filter(
        application=OuterRef("application"), due_at=OuterRef("due_at"), of_delivery=True
    )
    rows = Delivery.objects.filter(recorded_at=None, decision__live=True).filter(
        Exists(noted.filter(stage__in=stages)),
        application__in=queries.visible_to(actors.officer(user)),
    )
    words = {
        Stage.SOON: gettext("to be delivered soon"),
        Stage.OVER: gettext("delivery is overdue"),
    }
    for row in rows.order_by("due_at").select_related("application")[:LISTED]:
        stage = Stage.OVER if row.due_at <= now else Stage.SOON
        yield _row(row.application, row.due_at, stage, words[stage], gettext("decided"))


def _uninspected(user: User) -> Iterator[Escalated]:
    """Yield what was granted and is not inspected although its day is over."""
    late = Inspection.objects.filter(done_at=None, escalated_at__isnull=False)
    rows = late.filter(application__in=queries.visible_to(actors.officer(user)))
    word = gettext("inspection is overdue")
    for row in rows.order_by("due_at").select_related("application")[:LISTED]:
        yield _row(row.application, row.due_at, Stage.OVER, word, gettext("granted"))


def _row(
    case: Application, due: datetime.datetime, stage: Stage, word: str | Promise, hand: str
) -> Escalated:
    return Escalated(
        number=case.number,
        link=reverse("admin:approvals_application_change", args=[case.pk]),
        service=in_language(catalogue.rulebook(case.edition_id).pack.name),
        hand=hand,
        last_day=due - datetime.timedelta(seconds=1),
        word=word,
        tone="bad" if stage is Stage.OVER else "wait",
    )
