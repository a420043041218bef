"""History at the desk: as the ledger shows it, and reading an event leaves a trace."""

import contextlib
from typing import Any

import orjson
from django.http import HttpRequest

from approvals.models import Application, Evidence
from ledger.admin import Events
from ledger.models import Event
from people import roles
from people.masking import masked, names_in
from people.models import Reading
from people.traces import Traced


class TracedEvents(Traced, Events):
    """An auditor reads what was written in an event as on the page of its case: masked."""

    trace_kind = Reading.Kind.EVENT

    def trace_subject(self, obj: Event) -> str:
        return obj.subject

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Event | None:
        event: Event | None = super().get_object(request, object_id, from_field)
        if event is not None and roles.reads_masked(getattr(request.user, "role", "")):
            event.data = masked(event.data, _names(event))  # shown only: nobody can save it
        return event


def _names(event: Event) -> set[str]:
    """Return the names that the event's case, or the event itself, has of people."""
    data: Any = {}
    with contextlib.suppress(orjson.JSONDecodeError):  # somebody edited it; the audit says so
        data = orjson.loads(event.data)
    found = set(names_in(data))
    kind, _, number = event.subject.partition(":")
    if kind != "application":
        number = str(data.get("application", "")) if isinstance(data, dict) else ""
    for case in Application.objects.filter(number=number) if number else ():
        found |= {case.applicant_name, *names_in(case.answers)}
        for facts in Evidence.objects.filter(application=case).values_list("facts", flat=True):
            found |= set(names_in(orjson.loads(facts)))
    return found
