"""Reading entitlements: by holder, by application; what is due to be reviewed or paid."""

import datetime
import uuid
from collections.abc import Iterable

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from entitlements import rules
from entitlements.models import Entitlement, Instalment, PaymentList
from entitlements.states import LIVE, InstalmentState, ListState, State, list_state
from ledger.models import Event
from services.entitlement import following, period_of, periods
from services.pack.entitlement import EntitlementSpec


def held_by(index: str) -> QuerySet[Entitlement]:
    """Return all entitlements of a person (identity.index), the newest first."""
    return Entitlement.objects.filter(holder=index).order_by("-granted_at", "id")


def of_application(number: str) -> QuerySet[Entitlement]:
    """Return what an application led to."""
    return Entitlement.objects.filter(application=number).order_by("-granted_at", "id")


def services() -> list[str]:
    """Return the services with entitlements that are not over, or with something unpaid."""
    found = Entitlement.objects.filter(
        Q(state__in=LIVE)
        | Q(instalments__state=InstalmentState.DUE, instalments__payment__isnull=True)
    )
    return sorted(found.order_by().values_list("service", flat=True).distinct())


def services_due(today: datetime.date) -> list[str]:
    """Return the services of which a period has begun that is not reviewed, or not paid."""
    return [service for service in services() if periods_due(service, today)]


def spec_on(row: Entitlement, day: datetime.date) -> EntitlementSpec | None:
    """Return what the edition in force on a day says of an entitlement."""
    run = rules.run_of(rules.book_on(row.service, day), row.kind)
    return run.spec if run else None


def periods_due(service: str, today: datetime.date) -> list[datetime.date]:
    """Return the first days of the periods that are to be reviewed or paid by now, in order.

    Those that were missed are among them; none where all is done.
    """
    book = rules.book_on(service, today)
    if book is None or not book.program.entitlements:
        return []
    kind = book.program.entitlements[0].spec.period
    last = period_of(kind, today)
    live = Entitlement.objects.filter(service=service, state__in=LIVE, first_period__lte=last)
    begun = live.filter(reviewed_for=None).aggregate(day=Min("first_period"))["day"]
    seen = live.filter(reviewed_for__lt=last).aggregate(day=Min("reviewed_for"))["day"]
    broken_off = _not_paid(service, last)  # after the review: it has left nobody to be reviewed
    first = [d for d in (begun, following(kind, seen) if seen else None, broken_off) if d]
    if first:
        return list(periods(kind, min(first), last))
    unpaid = Instalment.objects.filter(
        entitlement__service=service, payment=None, state=InstalmentState.DUE, period__lte=last
    )
    return [last] if unpaid.exists() else []


def _not_paid(service: str, last: datetime.date) -> datetime.date | None:
    """Return the first day of a period that was reviewed and, though it pays or waits, not paid.

    By the conditions of ``actions.paying``; None where there is no such period.
    """
    is_due = Q(state=State.HELD) | Q(amount__gt=0) & (
        Q(state=State.ACTIVE) | Q(state=State.ENDED, ended_on__gte=F("reviewed_for"))
    )
    made = Instalment.objects.filter(entitlement=OuterRef("pk"), period=OuterRef("reviewed_for"))
    rows = Entitlement.objects.filter(
        is_due, service=service, reviewed_for__lte=last, first_period__lte=F("reviewed_for")
    )
    return rows.filter(~Exists(made)).aggregate(day=Min("reviewed_for"))["day"]


def next_payment(row: Entitlement, kind: str, today: datetime.date) -> datetime.date | None:
    """Return the first day of the next period to be paid; None where it is not being paid."""
    if row.state != State.ACTIVE:
        return None
    last = row.instalments.order_by("-period").values_list("period", flat=True).first()
    coming = following(kind, last) if last else row.first_period
    return max(coming, row.first_period)


def history(row: Entitlement) -> QuerySet[Event]:
    return Event.objects.filter(subject=row.subject).order_by("seq")


def list_states(lists: Iterable[PaymentList]) -> dict[uuid.UUID, ListState]:
    """Return how far each payment list has come, by one question."""
    subjects = {made.subject: made.id for made in lists}
    kinds: dict[uuid.UUID, set[str]] = {key: set() for key in subjects.values()}
    found = Event.objects.filter(subject__in=list(subjects)).order_by()
    for subject, kind in found.values_list("subject", "kind").distinct():
        kinds[subjects[subject]].add(kind)
    return {key: list_state(seen) for key, seen in kinds.items()}
