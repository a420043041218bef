"""Ending a credential in a wallet: by its holder, or because the wallet says that it has it not."""

import datetime
import uuid

from django.db import transaction

import bulk
from certificates import policies
from certificates.actions.lifecycle import lock
from certificates.errors import not_found
from certificates.models import Certificate
from credentials import codes
from credentials.actions.issuing import NOTIFICATION, by_token
from credentials.errors import WalletError
from credentials.models import Credential
from ledger import events
from ledger.models import Event
from people.actors import Actor

WALLET = "wallet"  # who ended it, where no person did
ACCEPTED, FAILURE, DELETED = "credential_accepted", "credential_failure", "credential_deleted"


def end(*, public_id: str, offer: uuid.UUID, by: Actor, now: datetime.datetime) -> int:
    """End what one wallet has of a certificate: its statuses are invalid from now on.

    ``offer``: by which it came there. Returns how many credentials have ended. Raises
    ``ActionRejected`` (404) for whoever does not hold the certificate.
    """
    with transaction.atomic():
        certificate = lock(public_id)
        policies.require_holder(by, certificate)
        found = Credential.objects.select_for_update().filter(
            certificate=certificate, offer=offer, ended_at=None
        )
        rows = list(found)
        if not rows:
            raise not_found()
        _end(certificate, rows, str(by), now)
    return len(rows)


def notify(*, token: str, notification: str, event: str, now: datetime.datetime) -> None:
    """Take what a wallet says of what it was given (OpenID4VCI 1.0, 11); twice is once.

    What it has not stored, or has deleted, has ended. Raises ``WalletError``.
    """
    with transaction.atomic():
        offer = by_token(token, now)
        if codes.read(notification, NOTIFICATION) != offer.pk or offer.issued_at is None:
            raise WalletError("invalid_notification_id", "the notification id is not of this token")
        if event not in (ACCEPTED, FAILURE, DELETED):
            raise WalletError("invalid_notification_request", "the event is unknown")
        certificate = lock(offer.certificate.public_id)
        found = Credential.objects.select_for_update().filter(offer=offer, ended_at=None)
        if event == ACCEPTED:
            found.filter(accepted_at=None).update(accepted_at=now)
        elif rows := list(found):
            _end(certificate, rows, WALLET, now)


def _end(certificate: Certificate, rows: list[Credential], by: str, now: datetime.datetime) -> None:
    Credential.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=now, ended_by=by)
    data = {"credentials": [str(row.pk) for row in rows]}
    event = events.append(
        certificate, certificate.subject, "wallet_ended", by=by, now=now, data=data
    )
    bulk.update(Certificate, [certificate], ["events", "head"])
    bulk.insert(Event, [event])
