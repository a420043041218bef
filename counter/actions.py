"""Booking a time at a counter, moving and cancelling it; an officer says who came.

Who gets a seat is decided by unique keys of PostgreSQL (``counter.models``): of many who want the
last seat at one moment, one has it and the others read that it is full.
"""

import datetime
import uuid

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count

from approvals.models import Application
from city.model import Counter
from counter import slots
from counter.models import HOLDING, UNMARKED, Appointment, AppointmentState
from counter.slots import Day, Slot
from ledger.clock import city_date
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected
from people.models import User
from people.roles import HANDLERS
from services import catalogue

_FREE = """
SELECT min(seat) FROM generate_series(1, %s) AS seat
WHERE NOT EXISTS (SELECT FROM counter_appointment a WHERE a.counter = %s AND a.starts_at = %s
    AND a.seat = seat.seat AND a.state <> 'cancelled')
"""

MOVED = ("counter", "starts_at", "ends_at", "seat", "capacity", "changed_at", "changed_by")


def offered(counter: Counter, now: datetime.datetime) -> list[Day]:
    """Return the days and times that a counter offers, with what is free now."""
    held = Appointment.objects.filter(counter=counter.code, starts_at__gt=now, state__in=HOLDING)
    counts = held.values_list("starts_at").annotate(Count("pk"))
    return slots.days(counter, settings.CITY.calendar, now, dict(counts))


def counters(service: str) -> list[Counter]:
    """Return the counters where one may apply for a service."""
    return [c for c in settings.CITY.counters.values() if c.takes(service)]


def book(
    *,
    counter: str,
    starts_at: datetime.datetime,
    service: str,
    application: Application | None = None,
    by: Actor,
    now: datetime.datetime,
) -> Appointment:
    """Give a citizen a seat at a time; for one service they have one open appointment.

    ``application``: the citizen's own case of this service that it is about, if any. Raises
    ``ActionRejected`` (404 counter, service or case, 409 the time is full or another is booked,
    422 no such time).
    """
    citizen = _citizen(by)
    place = settings.CITY.counters.get(counter)
    if place is None or not place.takes(service) or not catalogue.current(service, city_date(now)):
        raise _nowhere()
    if application is not None and (application.applicant, application.service_id) != (
        by.code,
        service,
    ):
        raise _nowhere()
    slot = _offered(place, starts_at, now)
    row = Appointment(
        counter=place.code,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        capacity=place.capacity,
        citizen=citizen,
        service_id=service,
        application=application,
        booked_at=now,
        changed_at=now,
        changed_by=str(by),
    )
    with transaction.atomic():
        _close_past(citizen, service, now)
        _seat(row, place, ())
    return row


def move(
    *, appointment: uuid.UUID, counter: str, starts_at: datetime.datetime, by: Actor,
    now: datetime.datetime,
) -> Appointment:  # fmt: skip
    """Give up a seat for one at another time; where that is full the old one stays."""
    with transaction.atomic():
        row = _open_appointment(appointment, by, now)
        place = settings.CITY.counters.get(counter)
        if place is None or not place.takes(row.service_id):
            raise _nowhere()
        if (row.counter, row.starts_at) == (counter, starts_at):
            return row
        slot = _offered(place, starts_at, now)
        row.counter, row.capacity = place.code, place.capacity
        row.starts_at, row.ends_at = slot.starts_at, slot.ends_at
        row.changed_at, row.changed_by = now, str(by)
        _seat(row, place, MOVED)
    return row


def cancel(*, appointment: uuid.UUID, by: Actor, now: datetime.datetime) -> Appointment:
    """Give up a seat; somebody else may have it at once."""
    with transaction.atomic():
        row = _open_appointment(appointment, by, now)
        return _close(row, AppointmentState.CANCELLED, by, now)


def mark(*, appointment: uuid.UUID, state: str, by: Actor, now: datetime.datetime) -> Appointment:
    """Say at the desk that who booked has come, or has not: on the day itself, not before."""
    if state not in (AppointmentState.CAME, AppointmentState.MISSED):
        raise _nowhere()
    with transaction.atomic():
        row = Appointment.objects.select_for_update().filter(pk=appointment).first()
        place: Counter | None = settings.CITY.counters.get(row.counter) if row else None
        if row is None or place is None or by.kind is not Kind.OFFICER or by.role != "clerk":
            raise _nowhere()
        is_theirs = by.person != "" and row.citizen.subject == by.person
        if is_theirs or not place.is_of(by.office, by.region):
            raise _nowhere()
        if row.state not in UNMARKED:
            raise _closed()
        early = (
            row.starts_at > now
            if state == AppointmentState.MISSED
            else (city_date(row.starts_at) > city_date(now))
        )
        if early:
            raise ActionRejected(
                "too_early",
                "预约时间未到",
                "The time of the appointment has not come yet.",
            )
        return _close(row, AppointmentState(state), by, now)


def open_of(by: Actor, now: datetime.datetime) -> list[Appointment]:
    """Return a citizen's appointments that are ahead or under way, the next first."""
    if by.kind is not Kind.CITIZEN or not by.code:
        return []
    rows = Appointment.objects.filter(citizen__subject=by.code, state=AppointmentState.BOOKED)
    return list(rows.filter(ends_at__gt=now).order_by("starts_at"))


def of_citizen(appointment: uuid.UUID, by: Actor) -> Appointment:
    """Return a citizen's own appointment; anybody else's is not there (404)."""
    row = Appointment.objects.filter(pk=appointment, citizen__subject=by.code).first()
    if row is None or by.kind is not Kind.CITIZEN or not by.code:
        raise _nowhere()
    return row


def of_officer(by: Actor) -> list[str]:
    """Return the counters whose appointments an officer sees."""
    if by.kind is not Kind.OFFICER or by.role not in HANDLERS:
        return []
    return [c.code for c in settings.CITY.counters_of(by.office, by.region)]


def at_counter(key: str, by: Actor) -> Appointment | None:
    """Return an open appointment at a counter of the officer's; None of any other, or their own."""
    try:
        pk = uuid.UUID(key)
    except ValueError:
        return None
    rows = Appointment.objects.select_related("citizen").filter(counter__in=of_officer(by))
    if by.person:
        rows = rows.exclude(citizen__subject=by.person)
    return rows.filter(pk=pk, state=AppointmentState.BOOKED).first()


def _seat(row: Appointment, place: Counter, changed: tuple[str, ...]) -> None:
    """Save the row with the first free seat of its time; whoever was faster keeps theirs.

    ``changed``: the fields that are written of a row that is there; none: it is new.
    """
    for _attempt in range(place.capacity + 1):
        with connection.cursor() as cursor:
            cursor.execute(_FREE, [place.capacity, row.counter, row.starts_at])
            (seat,) = cursor.fetchone()
        if seat is None:
            break
        row.seat = seat
        try:
            with transaction.atomic():
                row.save(force_insert=not changed, update_fields=changed or None)
        except IntegrityError as error:
            if "appointment_one_seat" not in str(error):
                raise _booked_before(error) from error
        else:
            return
    raise ActionRejected(
        "full", "该时段刚刚约满，请另选时段", "That time is full now; choose another.",
        field="/slot",
    )  # fmt: skip


def _booked_before(error: IntegrityError) -> Exception:
    if "appointment_one_open" not in str(error):
        return error
    return ActionRejected(
        "booked_before",
        "您已预约该事项，请在“我的预约”中改约或取消",
        "You have an appointment for this service; move or cancel it under “My appointments”.",
    )


def _close_past(citizen: User, service: str, now: datetime.datetime) -> None:
    """Of a time that is over nobody said who came: it holds nothing up."""
    past = Appointment.objects.filter(
        citizen=citizen, service=service, state=AppointmentState.BOOKED, ends_at__lte=now
    )
    past.update(state=AppointmentState.ENDED, changed_at=now, changed_by=str(CLOCK))


def _close(
    row: Appointment, state: AppointmentState, by: Actor, now: datetime.datetime
) -> Appointment:
    row.state, row.changed_at, row.changed_by = state.value, now, str(by)
    row.save(update_fields=["state", "changed_at", "changed_by"])
    return row


def _open_appointment(appointment: uuid.UUID, by: Actor, now: datetime.datetime) -> Appointment:
    """Lock a citizen's own open appointment that has not begun."""
    rows = Appointment.objects.select_for_update(of=("self",))
    row = rows.filter(pk=appointment, citizen__subject=by.code).first()
    if row is None or by.kind is not Kind.CITIZEN or not by.code:
        raise _nowhere()
    if row.state != AppointmentState.BOOKED or row.starts_at <= now:
        raise _closed()
    return row


def _citizen(by: Actor) -> User:
    if by.kind is not Kind.CITIZEN or not by.code:
        raise _nowhere()
    return User.objects.get(subject=by.code, role=User.Role.CITIZEN)


def _offered(place: Counter, starts_at: datetime.datetime, now: datetime.datetime) -> Slot:
    for day in offered(place, now):
        for slot in day.slots:
            if slot.starts_at == starts_at:
                return slot
    raise ActionRejected(
        "no_such_time",
        "没有这个时段，请重新选择",
        "There is no such time; please choose again.",
        status=422,
        field="/slot",
    )


def _nowhere() -> ActionRejected:
    return ActionRejected(
        "not_found", "没有找到该窗口或预约", "There is no such counter or appointment.", status=404
    )


def _closed() -> ActionRejected:
    return ActionRejected(
        "appointment_closed",
        "该预约已结束或已取消",
        "That appointment is over or was cancelled.",
    )
