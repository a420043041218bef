"""Delivering decisions (送达): within ten working days, to whom and how (行政许可法 §§44, 82).

By agreement a decision is delivered electronically: on the day on which it arrives in the portal,
where the applicant has it (民事诉讼法 §90, by analogy). Otherwise a clerk of the office records how
it was delivered.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies, terms
from approvals.actions import steps
from approvals.models import Application, Decision, Delivery
from approvals.rows.deliveries import EXPLAINED, NOTE_LONGEST, OF_OFFICERS, DeliveryWay
from approvals.states import OPEN
from ledger.clock import city_date
from ledger.models import Event
from people import text
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected
from people.models import User

AGREED = "delivery_agreed"
RECORDED = ("way", "recipient", "note", "delivered_on", "by", "recorded_at")


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """How a decision was delivered, as an officer's page sends it; ``on`` is a day as ISO 8601."""

    way: str
    recipient: str
    on: str
    note: str = ""


def due(decision: Decision, now: datetime.datetime) -> Delivery:
    """Return the delivery that a decision of this moment is due to have, unsaved."""
    calendar = settings.CITY.calendar
    last = terms.deliver_by(calendar, city_date(now))
    return Delivery(
        application_id=decision.application_id,
        decision_id=decision.id,
        due_at=calendar.end_of(last),
    )


def begin(application: Application, decision: Decision, now: datetime.datetime) -> None:
    """Make the delivery of an officer's decision due, in its transaction; at once where agreed."""
    row = due(decision, now)
    bulk.insert(Delivery, [row])
    if is_agreed(application):
        _electronic(application, row, now)


def agree_delivery(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Agree, as the applicant, to have decisions of this case delivered in the portal.

    What is still to be delivered is delivered by it. Raises ``ActionRejected`` (404 for everybody
    else, 409 where it was agreed before, or nothing is left to deliver).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_applicant(by, application, now)
        if by.kind is not Kind.CITIZEN:
            raise ActionRejected(
                "applicant_only",
                "电子送达须由申请人本人登录后同意",
                "Only the applicant, logged in, agrees to electronic delivery.",
                status=403,
            )
        row = open_of(application)
        if row is None and application.state not in OPEN:
            raise ActionRejected(
                "nothing_to_deliver",
                "没有待送达的决定",
                "No decision of this application is still to be delivered.",
            )
        if row is None and is_agreed(application):
            raise ActionRejected(
                "agreed_before", "您已同意电子送达", "You agreed to electronic delivery before."
            )
        event = steps.side_event(application, AGREED, by=by, now=now)
        steps.write([application], [application.state], [event], steps.SIDE)
        if row is not None:
            _electronic(application, row, now)
        steps.announce([application])
    return application


def record_delivery(
    *,
    number: str,
    delivery: DeliveryRecord,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Record that the decision which stands was delivered: to whom, how, and on which day.

    By a clerk of the case's office, once. Raises ``ActionRejected`` (404, 409 where nothing is to
    be delivered, 422 what is missing).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_officer(by, application)
        row = open_of(application)
        if row is None:
            raise ActionRejected(
                "nothing_to_deliver",
                "没有待送达的决定",
                "No decision of this case is still to be delivered.",
            )
        _fill(row, delivery, city_date(now))
        row.by, row.recorded_at = User.objects.get(username=by.code), now
        _write(application, row, by, now)
        steps.announce([application])
    return application


def open_of(application: Application) -> Delivery | None:
    """Return the delivery that is due of the decision which stands, if it is not recorded yet."""
    found = Delivery.objects.filter(application=application, decision__live=True, recorded_at=None)
    return found.select_related("decision").first()


def latest(application: Application) -> Delivery | None:
    """Return the delivery, due or done, of the decision which stands."""
    found = Delivery.objects.filter(application=application, decision__live=True)
    return found.select_related("decision", "by").first()


def is_agreed(application: Application) -> bool:
    """Whether the applicant has agreed to electronic delivery."""
    return Event.objects.filter(subject=application.subject, kind=AGREED).exists()


def _electronic(application: Application, row: Delivery, now: datetime.datetime) -> None:
    row.way, row.recipient = DeliveryWay.ELECTRONIC.value, application.applicant_name
    row.delivered_on, row.recorded_at = city_date(now), now
    _write(application, row, CLOCK, now)


def _write(application: Application, row: Delivery, by: Actor, now: datetime.datetime) -> None:
    """Write what was recorded with its Event; the recipient's name is in the row alone."""
    assert row.delivered_on is not None
    data: dict[str, Any] = {
        "delivery": str(row.pk),
        "decision": str(row.decision_id),
        "way": row.way,
        "on": row.delivered_on.isoformat(),
    }
    event = steps.side_event(application, "delivered", by=by, now=now, data=data)
    steps.write([application], [application.state], [event], steps.SIDE)
    bulk.update(Delivery, [row], RECORDED)


def _fill(row: Delivery, sent: DeliveryRecord, today: datetime.date) -> None:
    if sent.way not in OF_OFFICERS:
        raise ActionRejected(
            "no_such_way",
            "请选择送达方式",
            "Choose how it was delivered.",
            status=422,
            field="/way",
        )
    recipient = text.clean(sent.recipient, longest=120, field="/recipient")
    if not recipient:
        raise ActionRejected(
            "recipient_required",
            "请填写签收人",
            "Say who received it.",
            status=422,
            field="/recipient",
        )
    note = text.clean(sent.note, longest=NOTE_LONGEST, field="/note", lines=True)
    if not note and sent.way in EXPLAINED:
        raise ActionRejected(
            "note_required",
            "留置送达请写明见证人和地点，公告送达请写明公告载体",
            "Say who witnessed it and where, or where the public notice stood.",
            status=422,
            field="/note",
        )
    row.way, row.recipient, row.note = sent.way, recipient, note
    row.delivered_on = _day(sent.on, city_date(row.decision.at), today)


def _day(sent: str, decided: datetime.date, today: datetime.date) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(sent.strip())
    except ValueError:
        day = datetime.date.min
    if not decided <= day <= today:
        raise ActionRejected(
            "day_required",
            f"请填写送达日期（{decided} 至 {today}）",
            f"Say on which day it was delivered: {decided} to {today}.",
            status=422,
            field="/on",
        )
    return day
