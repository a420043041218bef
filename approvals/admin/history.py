"""History at the desk: as the ledger shows it, and reading an event leaves a trace."""

import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals import words
from approvals.models import Application, Evidence
from approvals.states import State
from certificates.admin.desk import named
from certificates.models import Certificate, Filing
from certificates.states import FilingState
from certificates.states import State as CertificateState
from ledger.admin import Events
from ledger.models import Event
from people import roles
from people.masking import masked, names_in
from people.models import Reading
from people.traces import Traced

# of certificates, filings, services and rows; those of a case are ``words.EVENTS``
KINDS: Mapping[str, Any] = {
    "issued": _("Issued"),
    "superseded": _("Replaced by a newer version"),
    "suspended": _("Suspended"),
    "restored": _("Restored"),
    "revoked": _("Revoked"),
    "cancelled": _("Cancelled"),
    "expired": _("Expired"),
    "revocation_proposed": _("Revocation proposed"),
    "revocation_dropped": _("Revocation not agreed to"),
    "receiver_missing": _("The receiver is no partner yet"),
    "pushed": _("Sent to the receiver"),
    "accepted": _("Accepted by the receiver"),
    "returned": _("Returned by the receiver"),
    "reminded": _("The receiver was reminded"),
    "proposed": _("An edition was proposed"),
    "published": _("An edition was published"),
    "switched": _("Opened or closed for applications"),
    "release_proposed": _("To let automatic approval go on was proposed"),
    "released": _("Automatic approval goes on"),
    "shadow_started": _("A text began to judge in shadow"),
    "shadow_ended": _("A text ended judging in shadow"),
    "shadow_diverged": _("A text in shadow left its band"),
    "regression_proposed": _("A regression case was proposed"),
    "regression_accepted": _("A regression case was accepted"),
    "regression_declined": _("A regression case was declined"),
    "regression_retirement_asked": _("Retiring a regression case was asked for"),
    "regression_retired": _("A regression case was retired"),
    "regression_kept": _("A regression case goes on counting"),
    "retired": _("Retired from the catalogue"),
    "resumed": _("Offered again"),
    "rows_inserted": _("Rows added"),
    "rows_updated": _("Rows changed"),
    "rows_deleted": _("Rows deleted"),
    "rows_anchored": _("Rows from before their table was recorded"),
}
STATES = {
    "application": State,
    "certificate": CertificateState,
    "filing": FilingState,
}


class TracedEvents(Traced, Events):
    """An auditor reads what was written in an event as on the page of its case: masked."""

    trace_kind = Reading.Kind.EVENT
    list_display = ("at", "subject", "seq", "shown_kind", "shown_before", "shown_after", "by")
    fields = (
        ("subject", "seq", "shown_kind"),
        ("shown_before", "shown_after"),
        *Events.fields[2:],
    )
    readonly_fields = ("shown_kind", "shown_before", "shown_after", *Events.readonly_fields)

    @display(description=_("kind"))
    def shown_kind(self, event: Event) -> str:
        if event.subject.startswith("application:"):
            with contextlib.suppress(orjson.JSONDecodeError, AttributeError):  # somebody edited it
                return str(words.event(event))
        return str(KINDS.get(event.kind, event.kind))

    @display(description=_("state before"))
    def shown_before(self, event: Event) -> str:
        return _state(event.subject, event.before)

    @display(description=_("state after"))
    def shown_after(self, event: Event) -> str:
        return _state(event.subject, event.after)

    def trace_subject(self, obj: Event) -> str:
        return obj.subject

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Event | None:
        event: Event | None = super().get_object(request, object_id, from_field)
        if event is not None and roles.reads_masked(getattr(request.user, "role", "")):
            event.data = masked(event.data, _names(event))  # shown only: nobody can save it
        return event


def _state(subject: str, state: str) -> str:
    """Return a state in words; as it is where it is none of its subject's (somebody edited it)."""
    states = STATES.get(subject.partition(":")[0])
    if states is None or state not in states.values:
        return state or "–"
    return str(states(state).label)


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
