"""Counters at the desk: what was taken there, taking an application, who comes today."""

from django.contrib import admin

from approvals.models import Intake
from counter.admin.appointments import AppointmentAdmin
from counter.admin.intakes import IntakeAdmin
from counter.models import Appointment

admin.site.register(Intake, IntakeAdmin)
admin.site.register(Appointment, AppointmentAdmin)
