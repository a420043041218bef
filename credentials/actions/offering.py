"""Offering a certificate to a wallet: a code for five minutes, redeemed once, with its PIN."""

import datetime
import secrets

from django.db import transaction

from certificates import policies
from certificates.errors import not_found
from certificates.models import Certificate
from certificates.queries import state_on, with_endorsement
from certificates.states import State
from credentials import codes, kinds
from credentials.errors import WalletError
from credentials.models import Credential, CredentialOffer
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected

OPEN_FOR = datetime.timedelta(minutes=5)
TOKEN_FOR = datetime.timedelta(minutes=10)  # to receive the credential, and to say so
TRIES = 3  # wrong PINs
MOST_LIVE = 40  # credentials of one certificate in wallets
OFFER = "offer"  # what its code is for


def offer(*, public_id: str, by: Actor, now: datetime.datetime) -> CredentialOffer:
    """CredentialOffer a certificate to a wallet of its holder; an open offer of before ends.

    Raises ``ActionRejected`` (404 not the holder's, 409 not in force or in too many wallets).
    """
    with transaction.atomic():
        certificate = lock_in_force(public_id, now)
        if certificate is None:
            raise not_found()
        policies.require_holder(by, certificate)
        if not is_in_force(certificate, now):
            raise ActionRejected(
                "not_in_force",
                "该证照目前不是有效状态，不能放进钱包",
                "The certificate is not in force and cannot be put into a wallet.",
            )
        if kinds.of(certificate.service, city_date(now)) is None:
            raise ActionRejected(
                "no_kind", "该事项已停止签发证照", "Its service no longer issues certificates."
            )
        held = Credential.objects.filter(certificate=certificate, ended_at=None, expires_at__gt=now)
        if held.count() >= MOST_LIVE:
            raise ActionRejected(
                "too_many_wallets",
                "该证照已放进过多的钱包，请先停用其中一些",
                "The certificate is in too many wallets: end some of them first.",
            )
        CredentialOffer.objects.filter(
            certificate=certificate, citizen=by.code, ended_at=None, redeemed_at=None
        ).update(ended_at=now)
        return CredentialOffer.objects.create(
            certificate=certificate,
            holder=certificate.holder,
            citizen=by.code,
            made_at=now,
            expires_at=now + OPEN_FOR,
        )


def lock_in_force(public_id: str, now: datetime.datetime) -> Certificate | None:
    """Lock a certificate, with the day until which it is endorsed read."""
    found = with_endorsement(Certificate.objects.filter(public_id=public_id))
    return found.select_for_update(of=("self",)).first()


def is_in_force(certificate: Certificate, now: datetime.datetime) -> bool:
    return state_on(certificate, city_date(now)) == State.VALID


def redeem(*, code: str, pin: str, wallet: str, now: datetime.datetime) -> str:
    """Redeem a code and return the access token of the wallet, which is stored nowhere.

    ``wallet`` is what it calls itself. Raises ``WalletError`` (invalid_grant) for a code that is
    not ours, used, over or ended, and for a wrong PIN, of which the third ends the offer.
    """
    key = codes.read(code, OFFER)
    if key is None:
        raise _invalid_grant()
    with transaction.atomic():
        found = CredentialOffer.objects.select_for_update().filter(pk=key).first()
        if found is None or found.redeemed_at or found.ended_at or now >= found.expires_at:
            raise _invalid_grant()
        if fits := codes.is_pin(key, pin):
            token = secrets.token_urlsafe(32)
            found.redeemed_at, found.wallet = now, wallet
            found.token, found.token_until = codes.hashed(token), now + TOKEN_FOR
            found.save(update_fields=["redeemed_at", "wallet", "token", "token_until"])
        else:
            found.wrong_pins += 1
            if found.wrong_pins >= TRIES:
                found.ended_at = now
            found.save(update_fields=["wrong_pins", "ended_at"])
    if not fits:  # after the commit, which keeps the count
        raise WalletError("invalid_grant", "the transaction code is wrong")
    return token


def _invalid_grant() -> WalletError:
    return WalletError("invalid_grant", "the pre-authorized code is not or no longer good")
