"""The two ceremonies of Web Authentication (Level 3, section 7): what the browser is asked for, and
what is believed of its answer. The protocol and its cryptography are py_webauthn's.
"""

import datetime
import hashlib
import hmac
import logging
import secrets
import uuid
from typing import Any

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger import keys
from people.errors import ActionRejected
from people.models import User
from people.passkeys.rows import LONGEST_ID, Passkey, PasskeyChallenge

log = logging.getLogger(__name__)

Purpose = PasskeyChallenge.Purpose
SECONDS = 300  # from the options to the signature; section 15.1 recommends 5 to 10 minutes
LONGEST_ANSWER = 20_000  # characters of JSON; an attestation has 1,000 to 6,000
# what a hostile answer makes the libraries raise, each without any effect
_UNUSABLE = (
    WebAuthnException, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError,
    IndexError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


def is_available(host: str) -> bool:
    """Tell whether pages under ``host`` (with its port) may use passkeys, by the settings."""
    return any(origin.partition("://")[2] == host for origin in settings.PASSKEY_ORIGINS)


def begin(
    purpose: Purpose, user: User | None, now: datetime.datetime
) -> tuple[uuid.UUID, dict[str, Any]]:
    """Write a challenge; returns its key and the options for ``navigator.credentials``, as JSON.

    What nobody answered in time goes with it.
    """
    PasskeyChallenge.objects.filter(expires_at__lte=now).delete()
    challenge = secrets.token_bytes(32)
    row = PasskeyChallenge.objects.create(
        purpose=purpose,
        user=user,
        challenge=challenge,
        expires_at=now + datetime.timedelta(seconds=SECONDS),
    )
    if purpose is Purpose.ENROL:
        assert user is not None, "whoever enrols is known"
        return row.pk, _creation(user, challenge)
    return row.pk, _request(user, challenge)


def take(key: str, purpose: Purpose, user: User | None, now: datetime.datetime) -> bytes:
    """Return a challenge and forget it, in one statement: of two who bring it one gets it.

    Raises ``ActionRejected`` for one that is used, over, of another user or purpose.
    """
    whose = "user_id = %s" if user else "user_id IS NULL"
    found = PasskeyChallenge.objects.raw(
        f"DELETE FROM people_passkeychallenge WHERE id = %s AND purpose = %s AND {whose}"  # noqa: S608
        " RETURNING *",
        [_uuid(key), str(purpose), *([user.pk] if user else [])],
    )
    row = next(iter(found), None)
    if row is None or row.is_over(now):
        raise ActionRejected(
            "passkey_challenge",
            "通行密钥请求已失效，请重试",
            "The request for the passkey is over or was answered before; try again.",
            status=422,
        )
    return bytes(row.challenge)


def read(answer: str) -> AuthenticationCredential:
    """Return a browser's answer as the library reads it; believes nothing of it yet."""
    try:
        return parse_authentication_credential_json(_bounded(answer))
    except _UNUSABLE:
        raise _refused("unreadable") from None


def verify(
    passkey: Passkey, key: bytes, answer: AuthenticationCredential, purpose: Purpose, sent: bytes
) -> VerifiedAuthentication:
    """Verify the signature over the challenge ``sent`` with the COSE ``key``, origin and RP id.

    A log-in by the passkey alone needs user verification and the user's own handle. The count is
    the caller's to compare: the library would do so before it knows who signed. Raises
    ``ActionRejected``.
    """
    alone = purpose is Purpose.LOG_IN
    theirs = answer.response.user_handle
    if (alone or theirs) and not hmac.compare_digest(theirs or b"", handle(passkey.user)):
        raise _refused("the handle of another user")
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=sent,
            expected_rp_id=settings.PASSKEY_DOMAIN,
            expected_origin=settings.PASSKEY_ORIGINS,
            credential_public_key=key,
            credential_current_sign_count=0,
            require_user_verification=alone,
        )
    except _UNUSABLE as error:
        raise _refused(type(error).__name__) from None


def verify_new(user: User, answer: str, sent: bytes, level: int = 0) -> Passkey:
    """Return the unsaved passkey that the browser made for the challenge ``sent``, without a name.

    A citizen's must verify its user, who has no password beside it. Raises ``ActionRejected``. What
    its maker attests is not asked for: people choose theirs.
    """
    try:
        read_ = parse_registration_credential_json(_bounded(answer))
        made = webauthn.verify_registration_response(
            credential=read_,
            expected_challenge=sent,
            expected_rp_id=settings.PASSKEY_DOMAIN,
            expected_origin=settings.PASSKEY_ORIGINS,
            require_user_verification=is_citizen(user),
        )
    except _UNUSABLE as error:
        raise _refused(type(error).__name__) from None
    if len(made.credential_id) > LONGEST_ID:
        raise _refused("a credential id that is too long")
    passkey = Passkey(
        user=user,
        credential=made.credential_id,
        sign_count=made.sign_count,
        transports=[transport.value for transport in read_.response.transports or ()],
        is_synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        level=level,
    )
    passkey.encrypt(made.credential_public_key)
    return passkey


def is_citizen(user: User) -> bool:
    """Tell whether an account is a citizen's, whose passkeys open the portal and not the desk."""
    return not user.is_staff and user.role == User.Role.CITIZEN


def handle(user: User) -> bytes:
    """Return what an authenticator keeps of its user (section 5.4.3): says nothing of who it is."""
    text = f"passkey:{user.pk}".encode()
    return hmac.digest(keys.symmetric("index").secret, text, hashlib.sha256)


def _creation(user: User, challenge: bytes) -> dict[str, Any]:
    """A citizen's is for the log-in alone: found without a user name, and verifies its user."""
    alone = is_citizen(user)
    shown = user.name if alone else user.username
    resident, verification = ResidentKeyRequirement, UserVerificationRequirement
    options = webauthn.generate_registration_options(
        rp_id=settings.PASSKEY_DOMAIN,
        rp_name=settings.CITY.zh,
        user_id=handle(user),
        user_name=shown or user.username,
        user_display_name=user.name or user.username,
        challenge=challenge,
        timeout=SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=resident.REQUIRED if alone else resident.PREFERRED,
            user_verification=verification.REQUIRED if alone else verification.PREFERRED,
        ),
        exclude_credentials=_descriptors(user),
    )
    return options_to_json_dict(options)


def _request(user: User | None, challenge: bytes) -> dict[str, Any]:
    """With a password, presence does; without one the authenticator has to verify its user."""
    wanted = UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=settings.PASSKEY_DOMAIN,
        challenge=challenge,
        timeout=SECONDS * 1000,
        allow_credentials=_descriptors(user) if user else None,
        user_verification=wanted.PREFERRED if user else wanted.REQUIRED,
    )
    return options_to_json_dict(options)


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    known = {transport.value: transport for transport in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(passkey.credential),
            transports=[known[name] for name in passkey.transports if name in known],
        )
        for passkey in Passkey.objects.filter(user=user).order_by("pk")
    ]


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("longer than any authenticator's answer")
    return answer


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)  # of no row


def _refused(why: str) -> ActionRejected:
    """Return the one answer to whatever is wrong with a passkey; why, stands in the log."""
    log.warning("a passkey is refused: %s", why)
    return refused()


def refused() -> ActionRejected:
    return ActionRejected(
        "passkey_refused",
        "该通行密钥未通过验证，请重试或换一种登录方式",
        "That passkey was not accepted; try again, or log in another way.",
        status=422,
    )
