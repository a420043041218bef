"""What the passing of time does, and a new calendar, by the machine alone."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction

import bulk
from approvals import policies, statements, terms
from approvals.actions import answered, clock, steps
from approvals.models import Acceptance, Application, Decision, Escalation
from approvals.records import binding
from approvals.review import handover
from approvals.rows.terms import Stage
from approvals.states import Outcome, State
from ledger.clock import city_date
from ledger.events import instant
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
            answered.send(answered.answers(late, now))
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

    Returns how many applications (行政许可法 §32). The Event leaves the version of a case as it is.
    """
    policies.require_machine(by)
    day = terms.accepted_when_received(settings.CITY.calendar, city_date(now))
    with transaction.atomic():
        found = bulk.read(Application, statements.TO_ACCEPT, [day, limit])
        with connection.cursor() as cursor:
            cursor.execute(statements.ACCEPTED_MEANWHILE, [[case.id for case in found]])
            others = {row[0] for row in cursor.fetchall()}
        cases = [case for case in found if case.id not in others]
        rows = [Acceptance(application=c, received_on=c.as_of, at=now) for c in cases]
        data = [{"received_on": case.as_of.isoformat(), "deemed": True} for case in cases]
        _note(cases, "accepted", data, by, now)
        bulk.insert(Acceptance, rows)
    return len(cases)


def escalate(*, by: Actor, now: datetime.datetime, limit: int = 1000) -> int:
    """Show supervisors what is soon overdue, and heads what is; returns how many there were.

    That is what is to be decided, and what was decided and is to be delivered.
    Each has its Event, which leaves the version of the case as it is: an officer's open page stays
    good, and a proposal for a second officer too. What somebody has locked comes next time, so
    there may be more even where it is less than ``limit``.
    """
    policies.require_machine(by)
    share = settings.CITY.escalation.share / 100
    zone, horizon = settings.CITY.time_zone, clock.horizon(now)
    with transaction.atomic():
        parameters: list[Any] = [horizon, now, now, share, zone, now, limit]
        late = bulk.read(Application, statements.TO_ESCALATE, parameters)
        count = _escalate([(case, case.due_at) for case in late], False, by, now)
        parameters = [horizon, now, limit - len(late)]
        statement = statements.TO_ESCALATE_DELIVERY
        kept = bulk.read(Application, statement, parameters, also=("deliver_by",))
        days = [(case, case.deliver_by) for case in kept]  # type: ignore[attr-defined]
        return count + _escalate(days, True, by, now)


def _escalate(
    found: Sequence[tuple[Application, datetime.datetime | None]],
    of_delivery: bool,
    by: Actor,
    now: datetime.datetime,
) -> int:
    """Write what nobody has written meanwhile, for locked cases with the day that is near."""
    rows = Escalation.objects.filter(
        application__in=[case.id for case, _ in found], of_delivery=of_delivery
    )
    before = set(rows.values_list("application_id", "due_at", "stage"))
    cases, made, data = [], [], []
    for case, due in found:
        assert due is not None, "a term without an end is not escalated"
        stage = (Stage.OVER if due <= now else Stage.SOON).value
        if (case.id, due, stage) in before:
            continue
        cases.append(case)
        made.append(
            Escalation(application=case, stage=stage, of_delivery=of_delivery, due_at=due, at=now)
        )
        matter = "delivery" if of_delivery else "decision"
        data.append({"stage": stage, "of": matter, "due_at": instant(due)})
    _note(cases, "escalated", data, by, now)
    bulk.insert(Escalation, made)
    return len(cases)


def _note(
    cases: Sequence[Application],
    kind: str,
    data: Sequence[dict[str, Any]],
    by: Actor,
    now: datetime.datetime,
) -> None:
    """Write a side event for each of the locked cases."""
    if cases:
        events = [
            steps.side_event(case, kind, by=by, now=now, data=one)
            for case, one in zip(cases, data, strict=True)
        ]
        steps.write(cases, [case.state for case in cases], events, steps.SIDE)


def _reckon(case: Application) -> None:
    book = catalogue.rulebook(case.edition_id)
    clock.reckon(case, book)
    if case.state == State.RETURNED and case.correct_by is not None:
        at = Decision.objects.filter(application=case, outcome=Outcome.RETURN).latest("at").at
        returned = city_date(at)
        case.correct_by = max(case.correct_by, clock.correct_by(book, returned))
