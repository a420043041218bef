"""Appointments at counters (预约)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models import Application
from ledger.identifiers import uuid7
from people.models import User
from services.models import Service

MOST = 50  # people who may book the same time at a counter


class AppointmentState(models.TextChoices):
    BOOKED = "booked", _("booked")
    CANCELLED = "cancelled", _("cancelled")
    CAME = "came", _("came")
    MISSED = "missed", _("did not come")
    ENDED = "ended", _("nobody noted who came")  # until an officer says so


UNMARKED = (AppointmentState.BOOKED, AppointmentState.ENDED)
HOLDING = (*UNMARKED, AppointmentState.CAME, AppointmentState.MISSED)  # a seat


class Appointment(models.Model):
    """One person's time at a counter; ``seat`` is a number up to the ``capacity`` of that time.

    No seat of a time is held twice, and nobody has two open appointments for one service: both are
    unique keys of PostgreSQL, so that of many who book at once each gets another seat or none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    counter = models.CharField(max_length=40)  # of the city's counters.yaml
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seat = models.PositiveSmallIntegerField()
    capacity = models.PositiveSmallIntegerField()
    citizen = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_index=False)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    state = models.CharField(
        max_length=10, choices=AppointmentState.choices, default=AppointmentState.BOOKED
    )
    booked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=120)  # people.actors.Actor as text

    class Meta:
        verbose_name, verbose_name_plural = _("appointment"), _("appointments")
        constraints = [
            models.UniqueConstraint(
                fields=["counter", "starts_at", "seat"],
                condition=models.Q(state__in=[state.value for state in HOLDING]),
                name="appointment_one_seat",
            ),
            models.UniqueConstraint(
                fields=["citizen", "service"],
                condition=models.Q(state=AppointmentState.BOOKED.value),
                name="appointment_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(seat__gte=1, seat__lte=models.F("capacity"), capacity__lte=MOST),
                name="appointment_seat_exists",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="appointment_has_length"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=AppointmentState.values), name="appointment_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counter} {self.starts_at:%Y-%m-%d %H:%M}"
