"""In whose hands a case is: taken, put back, and moved where its officer is absent."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat

from approvals import policies
from approvals.actions import steps
from approvals.errors import illegal
from approvals.models import Application
from approvals.states import State
from ledger.models import Event
from people import actors
from people.actors import Actor
from people.errors import ActionRejected
from people.models import Reading, User

FIELDS = ("taken_by", "taken_at")


def take(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Take a case in review into one's own hands; of two clerks one gets it."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_officer(by, application)
        if application.face.pen != "clerk":
            raise ActionRejected(
                "not_in_review", "该办件不在人工办理环节", "It is not with an officer."
            )
        policies.require_another_officer(by, application)
        policies.require_present(by.code, now)
        if application.taken_by is not None and application.taken_by.username != by.code:
            name = application.taken_by.name or application.taken_by.username
            raise ActionRejected("taken", f"该办件已由{name}领取", f"{name} has already taken it.")
        application.taken_by, application.taken_at = User.objects.get(username=by.code), now
        write([application], [steps.event_in_place(application, "taken", by=by, now=now)])
    return application


def release(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Put a case back into the queue."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_taken(by, application)
        application.taken_by = application.taken_at = None
        write([application], [steps.event_in_place(application, "released", by=by, now=now)])
    return application


def release_for(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Put a case that a clerk has back into the queue, as a supervisor of its office and region."""
    with transaction.atomic():
        application, data = _supervised(number, reason, by, version)
        if application.taken_by is None:
            raise ActionRejected("not_taken", "该办件无人领取", "Nobody has taken it.")
        application.taken_by = application.taken_at = None
        event = steps.event_in_place(application, "released", by=by, now=now, data=data)
        write([application], [event])
    return application


def reassign(
    *,
    number: str,
    to: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Give a case to a clerk (user name) who may handle it, as a supervisor."""
    with transaction.atomic():
        application, data = _supervised(number, reason, by, version)
        clerk = User.objects.filter(username=to, is_active=True).first()
        may_handle = clerk is not None and policies.may_handle(actors.officer(clerk), application)
        is_blind = may_handle and policies.open_reviews(application).filter(reviewer=clerk).exists()
        if clerk is None or not may_handle or is_blind:
            raise ActionRejected(
                "not_a_clerk",
                "该工作人员不能办理本件（须为本部门、本辖区且未作过原决定的在岗人员）",
                "That officer cannot handle it: a clerk of its office and region who has not"
                " decided it before.",
                status=422,
                field="/to",
            )
        policies.require_present(clerk.username, now)
        if application.taken_by == clerk:
            raise ActionRejected("unchanged", "该办件已在其名下", "That clerk has it already.")
        application.taken_by, application.taken_at = clerk, now
        event = steps.event_in_place(
            application, "reassigned", by=by, now=now, data={**data, "to": clerk.username}
        )
        write([application], [event])
    return application


def release_absent(
    *, by: Actor, now: datetime.datetime, after: datetime.timedelta, limit: int = 200
) -> int:
    """Put cases back whose officer has opened nothing at the desk for so long; returns how many.

    What an officer does begins with a page, and each page leaves a trace (``people.traces``).
    """
    policies.require_machine(by)
    recent = Reading.objects.filter(
        by=Concat(Value(f"{actors.Kind.OFFICER}:"), OuterRef("taken_by__username")),
        at__gt=now - after,
    )
    with transaction.atomic():
        left = list(
            Application.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=State.REVIEW, taken_at__lt=now - after)
            .exclude(Exists(recent))
            .annotate(username=F("taken_by__username"))
            .order_by("id")[:limit]
        )
        events = []
        for application in left:
            data = {"from": application.username, "reason": "absent"}
            application.taken_by = application.taken_at = None
            events.append(steps.event_in_place(application, "released", by=by, now=now, data=data))
        if left:
            write(left, events)
    return len(left)


def _supervised(
    number: str, reason: str, by: Actor, version: int | None
) -> tuple[Application, dict[str, str]]:
    """Lock a case for its supervisor; returns it with what the event says of the move."""
    application = steps.lock(number, version=version)
    policies.require_supervisor(by, application)
    if application.state != State.REVIEW:
        raise illegal("reassign", application.state)
    data = {"reason": steps.require_reason(reason)}
    if application.taken_by is not None:
        data["from"] = application.taken_by.username
    return application, data


def write(applications: Sequence[Application], events: Sequence[Event]) -> None:
    steps.write(applications, [a.state for a in applications], events, FIELDS)
