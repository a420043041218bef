"""What the passing of time does, by the machine alone."""

import datetime

from django.db import transaction

from approvals import policies
from approvals.actions import steps
from approvals.models import Application
from people.actors import Actor


def expire(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Expire returned applications that were not corrected in time; returns how many."""
    policies.require_machine(by)
    with transaction.atomic():
        late = list(
            Application.objects.select_for_update(skip_locked=True)
            .filter(state="returned", correct_by__lt=now)
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
