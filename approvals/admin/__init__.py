"""The clerk's desk: an entry point like the others. It parses, calls actions, and shows."""

from django.contrib import admin

from approvals.admin.cases import CaseAdmin
from approvals.admin.history import TracedEvents
from approvals.models import Application
from ledger.models import Event

admin.site.register(Application, CaseAdmin)
admin.site.unregister(Event)  # the ledger, below people, knows no traces
admin.site.register(Event, TracedEvents)
