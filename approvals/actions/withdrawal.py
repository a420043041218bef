"""Taking an application back."""

import datetime

from django.db import transaction

from approvals import policies
from approvals.actions import answered, dispute_effects, procedures, steps
from approvals.models import Application, Dispute
from approvals.records import binding
from approvals.rows.disputes import LIVE, DisputeState
from people.actors import Actor


def withdraw(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Take an application back before it is decided; nothing about it is kept from the citizen."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_applicant(by, application, now)
        before = application.state
        procedures.give_up(application, now)
        rows = Dispute.objects.filter(application=application, state__in=LIVE)
        live = list(rows) if application.disputes else []
        sent = dispute_effects.end(live, DisputeState.WITHDRAWN, application, now)
        data = binding.of_disputes(live)
        event = steps.move(application, "withdraw", by=by, now=now, kind="withdrawn", data=data)
        application.settled_at = now
        application.taken_by = application.taken_at = None
        dispute_effects.write(live)
        steps.write([application], [before], [event], ("settled_at", "taken_by", "taken_at"))
        dispute_effects.send(sent)
        answered.send(answered.answers([application], now))
        steps.announce([application])
    return application
