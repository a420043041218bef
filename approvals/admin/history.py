"""History at the desk: as the ledger shows it, and reading an event leaves a trace."""

from ledger.admin import Events
from ledger.models import Event
from people.models import Reading
from people.traces import Traced


class TracedEvents(Traced, Events):
    trace_kind = Reading.Kind.EVENT

    def trace_subject(self, obj: Event) -> str:
        return obj.subject
