"""What the passing of time does, and a new calendar, by the machine alone."""

import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

import bulk
from approvals import policies, statements, terms
from approvals.actions import clock, steps
from approvals.models import Application, Decision
from approvals.records import binding
from approvals.review import handover
from approvals.states import Outcome, State
from ledger.clock import city_date
from people.actors import Actor
from services import catalogue


def expire(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Expire returned applications that were not corrected in time; returns how many."""
    policies.require_machine(by)
    with transaction.atomic():
        late = list(
            Application.objects.select_for_update(skip_locked=True)
            .filter(state=State.RETURNED, correct_by__lte=now)
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
    """Hand over applications whose other agency or signer let its day pass; returns how many.

    That day is never later than the statutory one (``clock.answer_by``), and on the statutory day
    an officer gets what waits for whatever reason. Silence is neither consent nor refusal: the
    officer decides, in the days that were left, and may still ask again by phone.
    """
    policies.require_machine(by)
    with transaction.atomic():
        with connection.cursor() as cursor:
            parameters: dict[str, Any] = {"now": now, "zone": settings.TIME_ZONE, "limit": limit}
            cursor.execute(statements.WAITED_IN_VAIN, parameters)
            items = dict(cursor.fetchall())
        stuck = [a for a in steps.lock_all(list(items)) if a.state == State.WAITING]
        before = [a.state for a in stuck]
        events = []
        for application in stuck:
            application.handover = handover.write([_reason(items[application.id])])
            clock.resume(application, catalogue.rulebook(application.edition_id), city_date(now))
            data = {"reasons": [application.handover], **binding.of_term(application)}
            events.append(
                steps.move(application, "hand_over", by=by, now=now, kind="handed_over", data=data)
            )
        if stuck:
            steps.write(stuck, before, events, ("handover", *clock.FIELDS))
            steps.announce(stuck)
    return len(stuck)


def _reason(item: str) -> handover.Reason:
    """Return why an officer has what waited for an item of the pack, or "" for whatever it was."""
    if item:
        return handover.Reason(handover.CONSENT_OVERDUE, item)
    return handover.Reason(handover.TERM_OVER)


def follow_calendar(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Reckon anew the terms of open applications that follow an older calendar than today's.

    The calendar changes when a year is published or the city declares a day. Each case whose dates
    change has an Event; a citizen's days for a correction never become fewer. Returns how many
    cases were looked at: there may be more when it is ``limit``.
    """
    policies.require_machine(by)
    with transaction.atomic():
        parameters = [settings.CITY.calendar.version, limit]
        cases = bulk.read(Application, statements.OTHER_CALENDAR, parameters)
        events, changed, same = [], [], []
        for case in cases:
            before = binding.of_term(case)
            _reckon(case)
            after = binding.of_term(case)
            if before == after:
                same.append(case)
                continue
            changed.append(case)
            data = {**after, "was": before["term"]}
            events.append(steps.event_in_place(case, "deadline_changed", by=by, now=now, data=data))
        bulk.update(Application, same, ("calendar",))
        if changed:
            fields = ("correct_by", *clock.FIELDS)
            steps.write(changed, [a.state for a in changed], events, fields)
    return len(cases)


def accept(*, by: Actor, now: datetime.datetime, limit: int = 1000) -> int:
    """Record what counts as accepted, since nobody called anything missing within five days.

    Returns how many applications (行政许可法 §32). One statement, as ``escalate``.
    """
    policies.require_machine(by)
    day = terms.accepted_when_received(settings.CITY.calendar, city_date(now))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements.ACCEPT, {"now": now, "day": day, "limit": limit})
        return int(cursor.rowcount)


def escalate(*, by: Actor, now: datetime.datetime, limit: int = 1000) -> int:
    """Show supervisors what is soon overdue, and heads what is; returns how many cases.

    One statement, with no lock and no new version of a case: an officer's open page stays good,
    and a proposal for a second officer too. The Event is that of the rows
    (``ledger.row_events``). There may be more when it is ``limit``.
    """
    policies.require_machine(by)
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "now": now,
            "horizon": clock.horizon(now),
            "share": settings.CITY.escalation.share / 100,
            "zone": settings.CITY.time_zone,
            "limit": limit,
        }
        cursor.execute(statements.ESCALATE, parameters)
        return int(cursor.rowcount)


def _reckon(case: Application) -> None:
    book = catalogue.rulebook(case.edition_id)
    clock.reckon(case, book)
    if case.state == State.RETURNED and case.correct_by is not None:
        at = Decision.objects.filter(application=case, outcome=Outcome.RETURN).latest("at").at
        returned = city_date(at)
        case.correct_by = max(case.correct_by, clock.correct_by(book, returned))
