"""History at the desk: as the ledger shows it, and reading an event leaves a trace."""

import contextlib
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from approvals.models import Application, Evidence
from certificates.admin.desk import named
from certificates.models import Certificate, Filing
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
    if paper := _certificate(event.subject):
        found |= named(paper)
    if kind != "application":
        number = str(data.get("application", "")) if isinstance(data, dict) else ""
    for case in Application.objects.filter(number=number) if number else ():
        found |= {case.applicant_name, *names_in(case.answers)}
        for facts in Evidence.objects.filter(application=case).values_list("facts", flat=True):
            found |= set(names_in(orjson.loads(facts)))
    return found


def _certificate(subject: str) -> Certificate | None:
    """Return the certificate that an event is of, or whose filing it is of."""
    kind, _, key = subject.partition(":")
    if kind == "certificate":
        return Certificate.objects.filter(public_id=key).first()
    if kind != "filing":
        return None
    with contextlib.suppress(ValidationError):  # somebody edited the subject
        if filing := Filing.objects.select_related("certificate").filter(pk=key).first():
            return filing.certificate
    return None
