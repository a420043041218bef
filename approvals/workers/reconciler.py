"""The reconciler: whatever is undecided, unchecked, undelivered or past due is driven again.

It runs between the engine's batches, in one engine at a time (an advisory lock), so that no lost
message, dead worker or emptied Redis leaves a case in limbo (I4).
"""

import datetime
import logging
import os
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.utils.module_loading import import_string

from approvals import actions, statements
from approvals.actions import keyed_answers
from approvals.models import Heartbeat, Submission
from approvals.progress import wake
from approvals.sampling import drawing as sampling
from approvals.workers import checks, confirmations
from certificates import actions as certificates
from entitlements import queries as entitled
from exchange import changes, outbox
from ledger import heads
from ledger.clock import city_date, now
from people.actors import CLOCK
from services import watching

log = logging.getLogger(__name__)
LOCK = 0x6D69616F7069  # "miaopi"
BATCH = 200


def drive_checks(at: datetime.datetime) -> None:
    """Send the task of every registry with checks due that nobody is asking."""
    if registries := checks.waiting(at):
        wake.tasks("approvals.check", registry=registries)


def drive_unanswered(at: datetime.datetime) -> None:
    """Send the task that tries registries for whose silence officers have cases."""
    if registries := checks.unanswered():
        wake.tasks("approvals.probe", registry=registries)


def drive_confirmations(at: datetime.datetime) -> None:
    """Send the task that asks on for what was granted provisionally, when anything is due."""
    if confirmations.is_due(at):
        wake.tasks("approvals.confirm")


def end_provisional(at: datetime.datetime) -> bool:
    """Hand over what nobody has confirmed in time; returns whether there may be more."""
    return actions.overdue(by=CLOCK, now=at, limit=BATCH) == BATCH


def watch_rates(at: datetime.datetime) -> bool:
    """Add up what was decided, and suspend what has left its band; is there perhaps more?"""
    return watching.add_up(by=CLOCK, now=at)


def drive_notices(at: datetime.datetime) -> None:
    """Send the delivery task when notices are due."""
    if outbox.due(at):
        wake.tasks("exchange.deliver")


def drive_owners(at: datetime.datetime) -> None:
    """Send the task that writes to the engineers of failing endpoints."""
    wake.tasks("exchange.tell_owners")


def drive_changes(at: datetime.datetime) -> None:
    """Send the task that looks after changed records when there are any."""
    if changes.due(at):
        wake.tasks("approvals.recheck")


def drive_sampling(at: datetime.datetime) -> None:
    """Send the task that draws a month for re-review, and finds another for an absent reviewer."""
    if sampling.is_due(at):
        wake.tasks("approvals.sample")


def drive_entitlements(at: datetime.datetime) -> None:
    """Send the task that reviews and pays periods which have begun."""
    if entitled.services_due(city_date(at)):
        wake.tasks("entitlements.run")


def expire(at: datetime.datetime) -> None:
    """End what nobody corrected in time, and what another agency left unanswered."""
    actions.expire(by=CLOCK, now=at)
    actions.stop_waiting(by=CLOCK, now=at)


def follow_calendar(at: datetime.datetime) -> bool:
    """Let terms follow a calendar that has changed; returns whether there may be more of them."""
    return actions.follow_calendar(by=CLOCK, now=at, limit=BATCH) == BATCH


def accept(at: datetime.datetime) -> bool:
    """Record deemed acceptances; returns whether there may be more."""
    return actions.accept(by=CLOCK, now=at, limit=5 * BATCH) == 5 * BATCH


def escalate(at: datetime.datetime) -> bool:
    """Show supervisors and heads what is soon overdue, or is; returns whether there may be more."""
    return actions.escalate(by=CLOCK, now=at, limit=5 * BATCH) == 5 * BATCH


def remind_keepers(at: datetime.datetime) -> bool:
    """Remind agencies of disputed records; returns whether there may be more."""
    return actions.remind(by=CLOCK, now=at, limit=BATCH) == BATCH


def remind_agencies(at: datetime.datetime) -> bool:
    """Remind agencies of approvals that they owe; returns whether there may be more."""
    return actions.remind_agencies(by=CLOCK, now=at, limit=BATCH) >= BATCH


def keep_promises(at: datetime.datetime) -> bool:
    """Remind of promised files, and end what was not kept; returns whether there may be more."""
    reminded = actions.remind_of_promises(by=CLOCK, now=at, limit=BATCH)
    return BATCH in (reminded, actions.lapse(by=CLOCK, now=at, limit=BATCH))


def follow_inspections(at: datetime.datetime) -> bool:
    """Show what is not inspected in time, and enter what was untrue; is there perhaps more?"""
    late = actions.escalate_inspections(by=CLOCK, now=at, limit=BATCH)
    return BATCH in (late, actions.enter_credit(by=CLOCK, now=at, limit=BATCH))


def move_up(at: datetime.datetime) -> bool:
    """Take back cases for which there is a place by now; returns whether there may be more."""
    return actions.move_up(by=CLOCK, now=at, limit=BATCH) > 0


def release_absent(at: datetime.datetime) -> None:
    """Put back into the queue what an absent officer has taken."""
    after = datetime.timedelta(seconds=settings.TAKEN_RELEASE_SECONDS)
    actions.release_absent(by=CLOCK, now=at, after=after)


def keep_certificates(at: datetime.datetime) -> None:
    """Expire what has run out, suspend what was not endorsed, remind receivers of filings."""
    certificates.expire(by=CLOCK, now=at)
    certificates.lapse(by=CLOCK, now=at)
    certificates.remind(by=CLOCK, now=at)


def sequence(at: datetime.datetime) -> None:
    """Put new events under a signed tree head."""
    heads.sequence(at)


def export_heads(at: datetime.datetime) -> None:
    """Write the newest tree head where nobody reaches it through the database."""
    settings.HEADS_DIR.mkdir(parents=True, exist_ok=True)
    heads.export(settings.HEADS_DIR)


def forget_keys(at: datetime.datetime) -> None:
    """Idempotency keys are kept for 24 hours."""
    Submission.objects.filter(created_at__lt=at - keyed_answers.KEPT).delete()
    keyed_answers.forget(now=at)


# what, and how often at most (seconds), unless it says that there is more to do
DUTIES: tuple[tuple[Callable[[datetime.datetime], bool | None], float], ...] = (
    (drive_checks, 1.0),
    (drive_unanswered, 5.0),
    (drive_confirmations, 1.0),
    (end_provisional, 60.0),
    (watch_rates, 0.5),  # how long a rate is out of its band before it is seen
    (drive_notices, 1.0),
    (drive_owners, 600.0),
    (drive_changes, 1.0),
    (sequence, 1.0),  # few events at a time: no case waits long for it
    (export_heads, 10.0),
    (expire, 30.0),
    (follow_calendar, 600.0),
    (accept, 60.0),
    (escalate, 60.0),
    (remind_keepers, 60.0),
    (remind_agencies, 60.0),
    (keep_promises, 60.0),
    (follow_inspections, 60.0),
    (move_up, 5.0),
    (release_absent, 60.0),
    (drive_sampling, 600.0),
    (keep_certificates, 10.0),
    (drive_entitlements, 600.0),
    (forget_keys, 600.0),
)


def duties() -> tuple[tuple[Callable[[datetime.datetime], bool | None], float], ...]:
    """Return ours and those of the apps that use this one (``settings.FURTHER_DUTIES``)."""
    further = settings.FURTHER_DUTIES.items()
    return DUTIES + tuple((import_string(path), pause) for path, pause in further)


class Rounds:
    """Calls each duty when it is due, if this process holds the lock."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._duties = duties()
        self._next = dict.fromkeys((duty for duty, _ in self._duties), 0.0)
        self._next_beat = 0.0

    def turn(self) -> None:
        moment = time.monotonic()
        if moment >= self._next_beat:
            self._next_beat = moment + 5
            self._beat()
        if not any(moment >= at for at in self._next.values()) or not self._mine():
            return
        at = now()
        for duty, pause in self._duties:
            if moment >= self._next[duty]:
                self._next[duty] = moment + pause
                try:
                    if duty(at):
                        self._next[duty] = moment
                except Exception as error:
                    if isinstance(error, Error) and not connection.is_usable():
                        raise  # PostgreSQL is away: the engine waits for it
                    log.exception("duty %s failed; it is tried again", duty.__name__)

    def _mine(self) -> bool:
        """Session lock: held until this connection ends, so at most one engine reconciles."""
        with connection.cursor() as cursor:
            cursor.execute(statements.HOLD_SESSION_LOCK, [LOCK, LOCK])
            return bool(cursor.fetchone()[0])

    def _beat(self) -> None:
        Heartbeat.objects.update_or_create(
            name=self.name, defaults={"kind": "engine", "at": now(), "note": f"pid {os.getpid()}"}
        )
