"""Sending messages besides the inbox: claimed first, retried where nothing left us, never twice.

1. What another worker was sending when it died may have left us: it is not sent again.
2. Claim what is due, as ``sending``, in a commit of its own.
3. Send each by its channel, in its reader's language.
4. Write how it went: sent, due again later, or given up.
"""

import datetime
import logging

from django.db import connection
from django.utils import translation

from affairs import channels, messages, words
from affairs.kinds import Channel
from affairs.models import Contact, MessageDelivery
from people.errors import ActionRejected

log = logging.getLogger(__name__)
State = MessageDelivery.State
LEASE = datetime.timedelta(minutes=2)
BACK_OFF = (30, 120, 600, 1800, 7200, 21600, 43200)  # seconds after each attempt that failed
BATCH = 20

_CLAIM = """
WITH ready AS MATERIALIZED (
    SELECT id FROM affairs_messagedelivery WHERE state = 'due' AND next_at <= %(now)s
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE affairs_messagedelivery AS d
SET state = 'sending', attempts = attempts + 1, leased_until = %(until)s
FROM ready WHERE d.id = ready.id RETURNING d.id
"""


def is_due(now: datetime.datetime) -> bool:
    """Is there something to send, or left by a worker that died?"""
    due = MessageDelivery.objects.filter(state=State.DUE, next_at__lte=now)
    left = MessageDelivery.objects.filter(state=State.SENDING, leased_until__lt=now)
    return due.exists() or left.exists()


def run(*, now: datetime.datetime, limit: int = BATCH) -> int:
    """Send up to ``limit`` of what is due; returns how many were tried."""
    left = MessageDelivery.objects.filter(state=State.SENDING, leased_until__lt=now)
    left.update(state=State.UNCONFIRMED, last_fault="the worker died")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "limit": limit, "until": now + LEASE})
        ids = [row[0] for row in cursor.fetchall()]
    claimed = MessageDelivery.objects.filter(pk__in=ids).select_related("message").order_by("pk")
    found = list(claimed)
    contacts = Contact.objects.in_bulk({one.message.subject for one in found})
    for one in found:
        _try(one, contacts.get(one.message.subject), now)
    return len(found)


def _try(one: MessageDelivery, contact: Contact | None, now: datetime.datetime) -> None:
    try:
        if not (contact and _is_theirs(contact, now) and _send(one, contact)):
            one.state, one.last_fault = State.DEAD, "no longer wanted"
        else:
            one.state, one.sent_at, one.last_fault = State.SENT, now, ""
    except channels.NotSent as error:
        one.last_fault = str(error)[:80]
        if one.attempts > len(BACK_OFF):
            one.state = State.DEAD
        else:
            wait = datetime.timedelta(seconds=BACK_OFF[one.attempts - 1])
            one.state, one.next_at = State.DUE, now + wait
    except Exception as error:  # whatever it was, it may have left us
        log.error("message %s by %s: %s", one.message_id, one.channel, type(error).__name__)
        one.state, one.last_fault = State.UNCONFIRMED, type(error).__name__[:80]
    changed = {n: getattr(one, n) for n in ("state", "next_at", "sent_at", "last_fault")}
    mine = MessageDelivery.objects.filter(pk=one.pk, state=State.SENDING, attempts=one.attempts)
    mine.update(**changed, leased_until=None)


def _is_theirs(contact: Contact, now: datetime.datetime) -> bool:
    try:
        return messages.is_theirs(contact, now)
    except ActionRejected as error:  # the registry is silent: nothing has left us
        raise channels.NotSent(error.code) from error


def _send(one: MessageDelivery, contact: Contact) -> bool:
    """Send; returns whether it is still wanted."""
    wanted, reference = messages.wishes_of(contact), f"{one.message_id.hex}"
    with translation.override(contact.language):
        message = one.message
        if one.channel == Channel.EMAIL and wanted.email:
            channels.send_email(wanted.email, words.title(message), words.full(message), reference)
        elif one.channel == Channel.SMS and wanted.phone:
            channels.send_sms(wanted.phone, words.short(message), reference)
        else:
            return False
    return True
