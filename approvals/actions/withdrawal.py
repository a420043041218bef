"""Taking an application back."""

import datetime

from django.db import transaction

from approvals import policies
from approvals.actions import procedures, steps
from approvals.models import Application
from people.actors import Actor


def withdraw(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Take an application back before it is decided; nothing about it is kept from the citizen."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_applicant(by, application)
        before = application.state
        procedures.give_up(application, now)
        event = steps.move(application, "withdraw", by=by, now=now, kind="withdrawn")
        application.settled_at = now
        application.taken_by = application.taken_at = None
        steps.write([application], [before], [event], ("settled_at", "taken_by", "taken_at"))
        steps.announce([application])
    return application
