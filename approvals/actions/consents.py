"""Another agency's approval of its part: asked for by webhook, answered on ours."""

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import checks, clock, steps
from approvals.actions.notices import consent_reminder, consent_requests
from approvals.errors import not_found
from approvals.models import Application, Consent, Cosignature
from approvals.progress import wake
from approvals.records import binding
from approvals.records.binding import answers_digest
from approvals.review import handover
from approvals.states import ConsentState, State
from exchange.models import Notice
from ledger.clock import city_date
from ledger.events import instant
from people import text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue


def answer_consent(
    *, number: str, item: str, granted: bool, reason: str, by: Actor, now: datetime.datetime
) -> Application:
    """Record a partner's answer; the case goes on when the last one is in.

    Granted by all: back to the machine, which judges again on fresh facts. Denied by one: to an
    officer with that agency's reason, because only a named officer refuses.
    Raises ``ActionRejected`` (404 not asked of this partner, 409 answered before, 422 no reason).
    """
    with transaction.atomic():
        application = steps.lock(number)
        mine = Consent.objects.filter(application=application, item=item)
        consent = mine.filter(partner_id=by.code).first() if by.kind is Kind.AGENCY else None
        if consent is None or not by.covers(application.service_id):
            raise not_found()
        if consent.state != ConsentState.ASKED:
            raise ActionRejected(
                "answered", "该事项已经答复，不能更改", "This was answered before and stands."
            )
        if granted:
            reason = text.clean(reason, longest=400, field="/data/reason", lines=True)
        else:
            reason = text.reason(reason, longest=400)
        consent.state = ConsentState.GRANTED if granted else ConsentState.DENIED
        consent.answered_at, consent.reason = now, reason
        bulk.update(
            Consent,
            [consent],
            ("state", "answered_at", "reason"),
            old={"state": [ConsentState.ASKED]},
        )
        _continue(application, item, granted, by, now)
    return application


def cosign(
    *, number: str, granted: bool, by: Actor, now: datetime.datetime, reason: str = ""
) -> Application:
    """Confirm, or decline to sign, an application that names ``by``; the last one lets it go on.

    Raises ``ActionRejected`` (404 for whoever is not asked, 409 answered before, 422 no reason).
    """
    with transaction.atomic():
        application = steps.lock(number)
        mine = Cosignature.objects.filter(
            application=application, answers_hash=answers_digest(application.answers)
        )
        is_person = by.kind is Kind.CITIZEN and by.code and not by.assistant
        one = mine.filter(signer=by.code).first() if is_person else None
        if one is None:
            raise not_found()
        if granted and policies.is_on_both_sides(by, application):
            raise ActionRejected(
                "both_sides",
                "本办件由您代申请人提交，您不能再作为另一方签署（民法典第一百六十八条）",
                "You handed this in for the applicant, and cannot sign it as another side as well"
                " (Civil Code art. 168).",
                status=403,
            )
        if one.state != ConsentState.ASKED:
            raise ActionRejected("answered", "您已确认过", "You have answered this before.")
        if not granted:
            reason = steps.require_reason(reason)
        one.state = ConsentState.GRANTED if granted else ConsentState.DENIED
        one.answered_at, one.reason = now, reason[:400]
        fields = ("state", "answered_at", "reason")
        bulk.update(Cosignature, [one], fields, old={"state": [ConsentState.ASKED]})
        _continue(application, "cosign", granted, by, now)
    return application


def _is_open(application: Application) -> bool:
    """Does the case still wait for an agency's or a signer's word?"""
    return (
        Consent.objects.filter(application=application, state=ConsentState.ASKED).exists()
        or Cosignature.objects.filter(
            application=application,
            state=ConsentState.ASKED,
            answers_hash=answers_digest(application.answers),
        ).exists()
    )


def _continue(
    application: Application, item: str, granted: bool, by: Actor, now: datetime.datetime
) -> None:
    answer = ConsentState.GRANTED if granted else ConsentState.DENIED
    data: dict[str, Any] = {"item": item, "answer": str(answer)}
    if application.state != State.WAITING or (granted and _is_open(application)):
        # an officer took it in hand meanwhile, or others have yet to answer: just remember
        event = steps.event_in_place(application, "consent_answered", by=by, now=now, data=data)
        steps.write([application], [application.state], [event])
        return
    before = application.state
    book = catalogue.rulebook(application.edition_id)
    if not granted:
        clock.resume(application, book, city_date(now))
        data |= binding.of_term(application)
        event = steps.move(application, "hand_over", by=by, now=now, kind="handed_over", data=data)
        application.handover = handover.write([handover.Reason(handover.CONSENT_DENIED, item)])
        steps.write([application], [before], [event], ("handover", *clock.FIELDS))
    else:
        round_checks = checks.begin_round(application, book, now)
        data |= binding.of_term(application)
        event = steps.move(application, "resume", by=by, now=now, kind="resumed", data=data)
        steps.write([application], [before], [event], checks.FIELDS)
        checks.save(round_checks)
    steps.announce([application])


def remind_agencies(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Remind agencies, once, of approvals whose last day is near; returns how many were due.

    How near is said by ``consents.remind`` of the city; never on the day on which they were asked.
    After that day ``stop_waiting`` gives the case to an officer.
    """
    policies.require_machine(by)
    calendar, today = settings.CITY.calendar, city_date(now)
    until = calendar.deadline(today, settings.CITY.consents.remind, "working").at
    near = Consent.objects.filter(
        state=ConsentState.ASKED,
        reminded_at=None,
        due_at__gt=now,
        due_at__lte=until,
        asked_at__lt=calendar.end_of(today - datetime.timedelta(days=1)),
        application__state=State.WAITING,
    )
    with transaction.atomic():
        ids = near.order_by("due_at").values_list("application_id", flat=True)[:limit]
        cases = {case.id: case for case in steps.lock_all(sorted(set(ids)))}
        rows = list(
            near.filter(application__in=list(cases))
        )  # anew: what the locks have waited for
        events, notices = [], []
        for row in rows:
            case, row.reminded_at = cases[row.application_id], now
            data = {"item": row.item, "due_at": instant(row.due_at)}
            event = steps.side_event(case, "consent_reminded", by=by, now=now, data=data)
            events.append(event)
            book = catalogue.rulebook(case.edition_id)
            notices.append(consent_reminder(case, row, book, now))
        if rows:
            moved = [cases[key] for key in sorted({row.application_id for row in rows})]
            steps.write(moved, [case.state for case in moved], events, steps.SIDE)
            bulk.update(Consent, rows, ("reminded_at",))
            bulk.insert(Notice, notices)
            transaction.on_commit(lambda: wake.tasks("exchange.deliver"))
    return len(rows)


def await_consent(
    *, number: str, item: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """An officer asks another agency for its part of a case in review."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_taken(by, application)
        book = catalogue.rulebook(application.edition_id)
        if item not in book.consents:
            raise ActionRejected(
                "unknown_item",
                "该事项没有这项部门意见",
                "This service has no such item.",
                status=422,
                field="/item",
            )
        if Consent.objects.filter(application=application, item=item).exists():
            raise ActionRejected(
                "asked_before", "已经征求过该部门意见", "That agency was asked before."
            )
        before = application.state
        clock.pause(application, city_date(now))
        data = {"item": item, **binding.of_term(application)}
        event = steps.move(application, "await_consent", by=by, now=now, kind="awaiting", data=data)
        application.taken_by = application.taken_at = None
        consents, notices = consent_requests(application, book, [item], now)
        fields = ("taken_by", "taken_at", *clock.PAUSE_FIELDS)
        steps.write([application], [before], [event], fields)
        bulk.insert(Consent, consents)
        if bulk.insert(Notice, notices):
            transaction.on_commit(lambda: wake.tasks("exchange.deliver"))
    return application
