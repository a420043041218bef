"""A certificate's life after it was issued: suspended, restored, revoked, cancelled, expired."""

import datetime

from django.db import transaction

from certificates import policies
from certificates.actions.transitions import change_state
from certificates.errors import not_found
from certificates.models import Certificate, Reliance
from certificates.states import LIVE, State
from exchange.models import Partner
from ledger.clock import city_date
from people.actors import Actor

EXPIRE_AT_ONCE = 500


def lock(public_id: str) -> Certificate:
    found = Certificate.objects.select_for_update().filter(public_id=public_id).first()
    if found is None:
        raise not_found()
    return found


def lock_for(application: str) -> list[Certificate]:
    """Lock what stands of what an application led to; the caller holds the transaction."""
    found = Certificate.objects.select_for_update().filter(application=application, state__in=LIVE)
    return list(found.order_by("id"))


def suspend(*, public_id: str, reason: str, by: Actor, now: datetime.datetime) -> Certificate:
    """Stop a certificate for a while: nobody may rely on it until it is restored."""
    return _by_officer(public_id, "suspend", reason, by, now)


def restore(*, public_id: str, reason: str, by: Actor, now: datetime.datetime) -> Certificate:
    return _by_officer(public_id, "restore", reason, by, now)


def _by_officer(
    public_id: str, action: str, reason: str, by: Actor, now: datetime.datetime
) -> Certificate:
    reason = policies.reason_in_line(reason)
    with transaction.atomic():
        certificate = lock(public_id)
        policies.require_officer(by, certificate)
        change_state([certificate], action, by=by, now=now, data=lambda _: {"reason": reason})
    return certificate


def cancel(*, public_id: str, reason: str, by: Actor, now: datetime.datetime) -> Certificate:
    """End a certificate that its holder gives up, or that is deregistered (行政许可法 art. 70)."""
    reason = policies.reason_in_line(reason)
    with transaction.atomic():
        certificate = lock(public_id)
        policies.require_holder_or_officer(by, certificate)
        change_state([certificate], "cancel", by=by, now=now, data=lambda _: {"reason": reason})
    return certificate


def withdraw_for(
    application: str, *, reason: str, by: object, now: datetime.datetime
) -> list[Certificate]:
    """Suspend what an application led to, because its decision no longer stands (复核).

    A new approval supersedes it; a refusal leaves it suspended until two officers revoke it. The
    caller holds the transaction and the application's lock.
    """
    found = list(
        Certificate.objects.select_for_update()
        .filter(application=application, state=State.VALID)
        .order_by("id")
    )
    if found:
        change_state(found, "suspend", by=by, now=now, data=lambda _: {"reason": reason})
    return found


def lapse_for(
    application: str, *, reason: str, by: object, now: datetime.datetime
) -> list[Certificate]:
    """End what an application led to before its time, as its own terms say (暂准到期).

    The caller holds the transaction and the application's lock.
    """
    found = lock_for(application)
    if found:
        change_state(found, "expire", by=by, now=now, data=lambda _: {"reason": reason})
    return found


def expire(*, by: object, now: datetime.datetime) -> int:
    """End what has passed its last day; returns how many, at most ``EXPIRE_AT_ONCE`` a call.

    Pages and lists say "expired" from the first moment on; this makes the record agree.
    """
    with transaction.atomic():
        found = list(
            Certificate.objects.select_for_update(skip_locked=True)
            .filter(
                state__in=LIVE,
                expires_on__isnull=False,
                expires_on__lt=city_date(now),
            )
            .order_by("id")[:EXPIRE_AT_ONCE]
        )
        if found:
            change_state(found, "expire", by=by, now=now)
    return len(found)


def rely(
    certificate: Certificate, partner: Partner, purpose: str, *, now: datetime.datetime
) -> None:
    """Remember that a department relied on a certificate, to tell it when that ends."""
    Reliance.objects.bulk_create(
        [Reliance(certificate=certificate, partner=partner, purpose=purpose, at=now)],
        ignore_conflicts=True,
    )
