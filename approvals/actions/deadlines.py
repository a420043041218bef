"""What the passing of time does, by the machine alone."""

import datetime

from django.db import transaction
from django.db.models import Value

from approvals import handover, policies
from approvals.actions import steps
from approvals.models import Application, Consent, Cosignature
from approvals.states import ConsentState, State
from people.actors import Actor


def expire(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Expire returned applications that were not corrected in time; returns how many."""
    policies.require_machine(by)
    with transaction.atomic():
        late = list(
            Application.objects.select_for_update(skip_locked=True)
            .filter(state=State.RETURNED, correct_by__lt=now)
            .order_by("id")[:limit]
        )
        before = [a.state for a in late]
        events = []
        for application in late:
            application.settled_at = now
            events.append(steps.move(application, "expire", by=by, now=now, kind="expired"))
        if late:
            steps.write(late, before, events, ("settled_at",))
    return len(late)


def stop_waiting(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Hand over applications whose other agency let its deadline pass; returns how many.

    Silence is neither consent nor refusal: an officer decides, and may still ask again by phone.
    """
    policies.require_machine(by)
    late = {
        "state": ConsentState.ASKED,
        "due_at__lt": now,
        "application__state": State.WAITING,
    }
    agencies = Consent.objects.filter(**late).values_list("application_id", "item")
    signers = Cosignature.objects.filter(**late).values_list("application_id", Value("cosign"))
    with transaction.atomic():
        items = {**dict(signers[:limit]), **dict(agencies[:limit])}
        stuck = [a for a in steps.lock_all(list(items)) if a.state == State.WAITING]
        before = [a.state for a in stuck]
        events = []
        for application in stuck:
            reason = handover.Reason(handover.CONSENT_OVERDUE, items[application.id])
            application.handover = handover.write([reason])
            data = {"reasons": [application.handover]}
            events.append(
                steps.move(application, "hand_over", by=by, now=now, kind="handed_over", data=data)
            )
        if stuck:
            steps.write(stuck, before, events, ("handover",))
            steps.announce(stuck)
    return len(stuck)
