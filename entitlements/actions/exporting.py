"""A payment list is taken to the treasury: it has numbers of people, so that is recorded."""

import datetime

from django.db import connection, transaction

import bulk
from entitlements import policies
from entitlements.actions import paying
from entitlements.models import PaymentList
from ledger import events
from ledger.models import Event
from people.actors import Actor

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('entitlements.exporting:' || %s, 0))"


def export(*, payments: PaymentList, by: Actor, now: datetime.datetime) -> str:
    """Return the text of a list (``paying.written``); that it was taken is an Event of the list.

    Raises ``ActionRejected`` (404) for whoever may not read it.
    """
    policies.require_list(by, payments)
    name = f"payment_list:{payments.id}"
    with transaction.atomic():
        with connection.cursor() as cursor:  # the list's history has one end
            cursor.execute(_LOCK, [name])
        data = {"sha256": payments.sha256, "entries": str(payments.entries)}
        chain = events.Rowless.named(name)
        event = events.append(chain, name, "exported", by=by, now=now, data=data)
        bulk.insert(Event, [event])
        return paying.text_of(payments)
