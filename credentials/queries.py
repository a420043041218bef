"""Reading what wallets have, and how it stands."""

import datetime
import uuid
from typing import Any

import orjson
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from certificates.errors import not_found
from certificates.models import Certificate, Endorsement
from certificates.states import ENDED, FilingState, State
from credentials.models import Credential, CredentialOffer, PresentationRequest, StatusEntry
from credentials.statuslist import Status
from ledger import encryption
from people.models import User

MOST = 50  # wallets on a page


def _standing(on: datetime.date) -> QuerySet[Any]:
    """Add ``status`` to entries, as of a day: as the certificate, the part and the wallet stand."""
    certificate = "credential__certificate__"
    lapsed = Endorsement.objects.filter(
        certificate=OuterRef("credential__certificate"), is_current=True, until__lt=on
    )
    ended = (
        Q(credential__ended_at__isnull=False)
        | Q(filing__state=FilingState.REVOKED)
        | Q(**{f"{certificate}state__in": ENDED})
        | Q(**{f"{certificate}expires_on__lt": on})
    )
    suspended = Q(**{f"{certificate}state": State.SUSPENDED}) | Exists(lapsed)
    return StatusEntry.objects.annotate(
        status=Case(
            When(ended, then=Value(int(Status.INVALID))),
            When(suspended, then=Value(int(Status.SUSPENDED))),
            default=Value(int(Status.VALID)),
        )
    )


def statuses(number: int, on: datetime.date) -> dict[int, Status]:
    """Return what is not valid in one list, by place; one query."""
    found = _standing(on).filter(list=number).exclude(status=int(Status.VALID))
    return {place: Status(status) for place, status in found.values_list("place", "status")}


def status_of(number: int, place: int, on: datetime.date) -> Status | None:
    """Return the status of one place as it is now; None where nobody was given it."""
    found = _standing(on).filter(list=number, place=place).values_list("status", flat=True).first()
    return None if found is None else Status(found)


def in_wallets(certificate: Certificate, now: datetime.datetime) -> list[dict[str, Any]]:
    """Return the wallets that a certificate is or was in: those that have it, then the newest.

    ``live``: how many credentials of it there still hold; several are of different keys.
    """
    held = Credential.objects.filter(offer=OuterRef("pk"), ended_at=None, expires_at__gt=now)
    offers = CredentialOffer.objects.filter(certificate=certificate, issued_at__isnull=False)
    offers = offers.order_by(Exists(held).desc(), "-issued_at")
    rows = []
    for offer in offers.prefetch_related("credentials")[:MOST]:
        credentials: list[Credential] = list(offer.credentials.all())
        live = [one for one in credentials if one.ended_at is None and one.expires_at > now]
        rows.append(
            {
                "offer": offer.pk,
                "wallet": offer.wallet,
                "issued_at": offer.issued_at,
                "accepted_at": credentials[0].accepted_at,
                "ended_at": next((one.ended_at for one in credentials if one.ended_at), None),
                "until": credentials[0].expires_at,
                "live": len(live),
            }
        )
    return rows


def shown(request: PresentationRequest, now: datetime.datetime) -> dict[str, Any] | None:
    """Return what was shown, while it is kept; None afterwards."""
    if request.shown is None or now >= request.expires_at:
        return None
    data, bound = encryption.decrypt("identity", request.shown)
    if bound != request.pk.bytes:
        raise encryption.DecryptionError("moved from another row")
    found: dict[str, Any] = orjson.loads(data)
    return found


def mine(key: uuid.UUID, user: User) -> PresentationRequest:
    """Return the request of the officer who asked; what is another's is not there."""
    found = PresentationRequest.objects.filter(pk=key, officer=user).first()
    if found is None:
        raise not_found()
    return found
