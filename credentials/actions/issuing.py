"""Issuing a certificate into a wallet: one credential for each key that the wallet proves."""

import datetime
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

import bulk
from certificates import provisional
from certificates.models import Certificate, Filing
from certificates.states import FilingState
from certificates.verification import offline
from credentials import claims, codes, kinds, proofs, sdjwt, signing
from credentials.actions.offering import is_in_force, lock_in_force
from credentials.errors import WalletError
from credentials.models import Credential, CredentialOffer, StatusEntry
from credentials.statuslist import ENTRIES
from ledger import canonical, events, keys
from ledger.clock import city_date
from ledger.models import Event
from people.actors import Actor, Kind

LASTS = datetime.timedelta(days=365)  # then its holder puts it there again
NOTIFICATION = "notification"  # what the code of a notification is for
NOT_PARTS = (FilingState.NOT_APPLICABLE, FilingState.REVOKED)


@dataclass(frozen=True, slots=True)
class Issued:
    """The credentials as the wallet gets them, and by which id it says that it has them."""

    credentials: tuple[str, ...]
    notification: str


def issue(*, token: str, configuration: str, jwts: Sequence[str], now: datetime.datetime) -> Issued:
    """Issue one credential for each proof of possession; a token brings them once.

    Raises ``WalletError`` with the codes of OpenID4VCI 1.0, 8.3.1, and invalid_token (RFC 6750).
    """
    with transaction.atomic():
        offer = by_token(token, now)
        if offer.issued_at is not None:
            raise WalletError("invalid_token", "the token has been used", status=401)
        certificate = lock_in_force(offer.certificate.public_id, now)
        assert certificate is not None
        if configuration != certificate.service:
            raise WalletError(
                "unknown_credential_configuration", "the offer is of another configuration"
            )
        nonce, publics = proofs.check(jwts, now)
        if not is_in_force(certificate, now) or certificate.holder != offer.holder:
            raise WalletError("credential_request_denied", "the certificate is not in force")
        offer.nonce, offer.issued_at = codes.hashed(nonce), now
        try:
            with transaction.atomic():
                offer.save(update_fields=["nonce", "issued_at"])
        except IntegrityError:
            raise WalletError("invalid_nonce", "the nonce has been used") from None
        made = [_credential(offer, certificate, public, now) for public in publics]
        _note(certificate, offer, [one for one, _ in made], now)
    return Issued(tuple(text for _, text in made), codes.code(offer.pk, NOTIFICATION))


def by_token(token: str, now: datetime.datetime) -> CredentialOffer:
    """Lock the offer that a token was given for; raises ``WalletError`` (401)."""
    found = (
        CredentialOffer.objects.select_for_update(of=("self",))
        .select_related("certificate")
        .filter(token=codes.hashed(token), token_until__gt=now, ended_at=None)
        .first()
    )
    if found is None:
        raise WalletError("invalid_token", "the access token is not or no longer good", status=401)
    return found


def _credential(
    offer: CredentialOffer, certificate: Certificate, public: bytes, now: datetime.datetime
) -> tuple[Credential, str]:
    """Write one credential with its statuses, and return it as the wallet gets it."""
    until = (now + LASTS).replace(minute=0, second=0, microsecond=0)  # as ``iat``: to the hour
    for day in (certificate.expires_on, provisional.until(certificate)):
        if day is not None:
            until = min(until, settings.CITY.calendar.end_of(day))
    row = Credential.objects.create(
        offer=offer,
        certificate=certificate,
        key=keys.thumbprint(public),
        issued_at=now,
        expires_at=until,
    )
    filings = list(
        Filing.objects.filter(certificate=certificate)
        .exclude(state__in=NOT_PARTS)
        .order_by("place")
    )
    entries = _entries(row, [None, *filings])
    parts = [
        claims.Part(f.item, f.zh, f.en, f.receiver_id or "", _status(entries[f.pk]))
        for f in filings
    ]
    frame = claims.Frame(
        issuer=settings.SITE_URL,
        vct=kinds.vct(certificate.service),
        issued=now,
        expires=until,
        key=keys.jwk(public),
        status=_status(entries[None]),
    )
    payload = _payload(certificate, now)
    shown, disclosures = sdjwt.conceal(claims.claims(payload, parts, frame))
    signed = signing.sign(signing.WALLET, claims.TYP, shown, now)
    return row, "~".join((signed, *disclosures, ""))


def _payload(certificate: Certificate, now: datetime.datetime) -> Any:
    """Return what was certified, as its signature proves; nothing is issued from another row."""
    checked = offline.check(certificate.jws, None, city_date(now))
    assert canonical.dumps(checked.payload) == bytes(certificate.payload)
    return checked.payload


def _status(entry: StatusEntry) -> dict[str, Any]:
    url = settings.SITE_URL + reverse("credentials:status", args=[entry.list])
    return {"status_list": {"idx": entry.place, "uri": url}}


def _entries(
    credential: Credential, of: Sequence[Filing | None]
) -> dict[uuid.UUID | None, StatusEntry]:
    """Give the credential and each of its parts a place of its own, drawn at random.

    A list is left when half of its places are given, so that a free one is soon found.
    """
    last = StatusEntry.objects.order_by("-id").values_list("list", flat=True).first() or 0
    if StatusEntry.objects.filter(list=last).count() + len(of) > ENTRIES // 2:
        last += 1
    while True:
        places = {secrets.randbelow(ENTRIES) for _ in of}
        taken = StatusEntry.objects.filter(list=last, place__in=places)
        if len(places) < len(of) or taken.exists():
            continue
        made = [
            StatusEntry(list=last, place=place, credential=credential, filing=filing)
            for place, filing in zip(places, of, strict=True)
        ]
        try:
            with transaction.atomic():
                StatusEntry.objects.bulk_create(made)
        except IntegrityError:
            continue  # another wallet was given one of them just now
        return {entry.filing_id: entry for entry in made}


def _note(
    certificate: Certificate,
    offer: CredentialOffer,
    made: Sequence[Credential],
    now: datetime.datetime,
) -> None:
    by = Actor(Kind.CITIZEN, offer.citizen)
    data = {"credentials": [str(one.pk) for one in made], "keys": [one.key for one in made]}
    event = events.append(
        certificate, certificate.subject, "wallet_issued", by=by, now=now, data=data
    )
    bulk.update(Certificate, [certificate], ["events", "head"])
    bulk.insert(Event, [event])
