"""Traces of reading (阅览留痕): who opened which case, certificate or person, as what, and when.

A look-up in a registry has a trace of its own (``exchange.models.Lookup``). A page that is opened
again within a minute is one reading. Lists leave none, a search in them does.
"""

import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from ledger.clock import now
from ledger.identifiers import uuid7
from people import identity, roles, text
from people.actors import Actor, Kind, officer
from people.errors import ActionRejected
from people.models import Reading, User
from people.numbers import meant_as_id_number

AGAIN = datetime.timedelta(minutes=1)
# why somebody of a role reads: what the law asks every reading of personal data to say
PURPOSES = {
    User.Role.CLERK: Reading.Purpose.HANDLING,
    User.Role.SUPERVISOR: Reading.Purpose.SUPERVISION,
    User.Role.HEAD: Reading.Purpose.SUPERVISION,
    User.Role.LEGAL: Reading.Purpose.LEGAL_REVIEW,
    User.Role.POLICY: Reading.Purpose.RULES,
    User.Role.TECHNICAL: Reading.Purpose.RULES,
    User.Role.OPERATOR: Reading.Purpose.ACCOUNTS,
    User.Role.ADMINISTRATOR: Reading.Purpose.ACCOUNTS,
    User.Role.AUDITOR: Reading.Purpose.AUDIT,
}
_WRITE = """
INSERT INTO people_reading (id, at, by, role, office, region, kind, subject, purpose,
    reason)
SELECT new.*, '' FROM (VALUES (%(id)s::uuid, %(at)s::timestamptz, %(by)s::text, %(role)s::text,
    %(office)s::text, %(region)s::text, %(kind)s::text, %(subject)s::text, %(purpose)s::text))
    AS new (id, at, by, role, office, region, kind, subject, purpose)
WHERE NOT EXISTS (
    SELECT FROM people_reading r WHERE r.by = new.by AND r.at > %(since)s::timestamptz
        AND r.at <= new.at AND (r.role, r.kind, r.subject) = (new.role, new.kind, new.subject))
"""


def record(by: Actor, kind: str, subject: str, at: datetime.datetime) -> None:
    """Write that ``by`` read ``subject`` (a case's number, a certificate's public id, a user name,
    a keyed index; never an ID number); ``kind`` is of ``Reading.Kind``."""
    program = by.kind is Kind.AGENCY
    role = Reading.AGENCY if program else by.role
    values: dict[str, Any] = {
        "id": uuid7(),
        "at": at,
        "since": at - AGAIN,
        "by": str(by),
        "role": role,
        "office": by.office,
        "region": by.region,
        "kind": str(kind),
        "subject": subject[:120],
        "purpose": str(Reading.Purpose.PROGRAM if program else PURPOSES[User.Role(role)]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def record_unmasking(by: Actor, subject: str, reason: str, at: datetime.datetime) -> Reading:
    """Write that ``by`` sees the names and numbers of the case ``subject`` for one page, and why.

    Each is a row, and by its trigger an Event, of its own, however often. Raises ``ActionRejected``
    for a reason that says nothing.
    """
    if not roles.reads_masked(by.role):
        raise ActionRejected(
            "not_masked", "本页未作遮蔽", "Nothing is masked on this page.", status=403
        )
    return Reading.objects.create(
        at=at,
        by=str(by),
        role=by.role,
        office=by.office,
        region=by.region,
        kind=Reading.Kind.CASE,
        subject=subject,
        purpose=Reading.Purpose.UNMASKING,
        reason=text.full_reason(reason, longest=500),
    )


def read_at_desk(request: HttpRequest, kind: str, subject: str) -> None:
    """Write that whoever is logged in reads; a citizen's own pages leave no trace."""
    user = request.user
    if isinstance(user, User) and user.role != User.Role.CITIZEN:
        record(officer(user), kind, subject, now())


class Traced:
    """For a page class of the desk: each page of a row, and each search, leaves a trace."""

    trace_kind = ""

    def trace_subject(self, obj: Any) -> str:
        """Return what the trace names; the row's key unless said otherwise."""
        return str(obj.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        response: HttpResponse = super().change_view(  # type: ignore[misc]
            request, object_id, form_url, extra_context
        )
        found = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if found is not None:
            read_at_desk(request, self.trace_kind, self.trace_subject(found))
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        self.trace_search(request, search_term)
        found: tuple[QuerySet, bool] = super().get_search_results(  # type: ignore[misc]
            request, queryset, search_term
        )
        return found

    def trace_search(self, request: HttpRequest, search_term: str) -> None:
        if search_term.strip():
            read_at_desk(request, Reading.Kind.SEARCH, searched(search_term))


def searched(term: str) -> str:
    """Return what a trace or an address keeps of a search.

    An ID number, also a mistyped one, is its keyed index; all else is as it is.
    """
    number = meant_as_id_number(term)
    return identity.index(number) if number else term.strip()
