"""An officer's second factor: a code of an authenticator (TOTP, RFC 6238), a recovery code, or a
passkey (``people.passkeys``), which also logs in by itself.

Until it is given, an officer who has logged in with a password is nobody to every page but the
one that asks for it. The authenticator's secret is encrypted in the database; recovery codes are
kept as keyed hashes and each serves once.
"""

import base64
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import django_otp
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from people import access, identity
from people.models import Authenticator, Passkey, User

RECOVERY_CODES = 10
FRESH_SECONDS = 15 * 60  # for which a second factor permits to enrol and remove passkeys
PASSKEY = "passkey"  # in a citizen's session: the passkey that opened it, which ends with it
_AT = "second_factor_at"  # in the session: when it was last verified, in seconds
SECRET_BYTES = 20  # RFC 4226, section 4: at least 128 bits, 160 recommended


class SecondFactor:
    """Middleware: ``request.user`` is who is in a current session; of officers, with two factors.

    It holds for every page, the desk's or another. ``request.password_user`` is who has given the
    password.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        request.password_user = user  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(lambda: _admitted(request, user))  # type: ignore[assignment]
        return self.get_response(request)


def _admitted(request: HttpRequest, user: Any) -> Any:
    """Return who may see pages: somebody whose session is over is logged out here."""
    if not user.is_authenticated:
        return user
    if is_missing(request, user):
        return AnonymousUser()
    request.user = user  # what logging out reads
    passkey = request.session.get(PASSKEY)
    if passkey and not Passkey.objects.filter(pk=passkey, user=user.pk).exists():
        auth.logout(request)
        return AnonymousUser()
    return user if access.session_is_current(request, time.time()) else AnonymousUser()


def is_missing(request: HttpRequest, user: object) -> bool:
    """Tell whether this is an officer who has still to give a second factor in this session."""
    if not (settings.SECOND_FACTOR and isinstance(user, User | SimpleLazyObject)):
        return False
    if not getattr(user, "is_staff", False):
        return False
    device = Device.from_persistent_id(request.session.get(DEVICE_ID_SESSION_KEY) or "none/0")
    return device is None or device.user_id != user.pk or not device.confirmed


def is_enrolled(user: User) -> bool:
    return (
        Authenticator.objects.filter(user=user, confirmed=True).exists()
        or Passkey.objects.filter(user=user).exists()
    )


def is_fresh(request: HttpRequest, at: float) -> bool:
    """Tell whether the second factor was verified lately in this session; ``at`` in seconds."""
    if not settings.SECOND_FACTOR:
        return True
    return 0 <= at - float(request.session.get(_AT, 0)) <= FRESH_SECONDS


def new_device(user: User) -> Authenticator:
    """Return the device that is being enrolled: one secret until a code of it was given."""
    fresh = Authenticator(user=user, confirmed=False, name="authenticator")
    fresh.encrypt(secrets.token_bytes(SECRET_BYTES))
    device, _ = Authenticator.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": fresh.name, "secret": fresh.secret}
    )
    return device


def shown_secret(device: Authenticator) -> str:
    """Return the secret as authenticators take it by hand: Base32 without padding."""
    return base64.b32encode(device.key()).decode().rstrip("=")


def enrolment_address(device: Authenticator) -> str:
    """Return the ``otpauth://`` address that a QR code carries to an authenticator."""
    issuer = settings.CITY.en.replace(":", "")
    label = quote(f"{issuer}:{device.user.get_username()}")
    query = {"secret": shown_secret(device), "algorithm": "SHA1", "digits": 6, "period": 30}
    return f"otpauth://totp/{label}?{urlencode({**query, 'issuer': issuer}, quote_via=quote)}"


@transaction.atomic
def enrol(request: HttpRequest, user: User, code: str) -> list[str]:
    """Confirm the new device by its code; returns recovery codes to show once, or none."""
    list(User.objects.select_for_update().filter(pk=user.pk))
    if is_enrolled(user):
        return []
    device = new_device(user)
    if not device.verify_token(code):
        return []
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    StaticDevice.objects.filter(user=user).delete()
    store = StaticDevice.objects.create(user=user, name="recovery")
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=store, token=_hashed(c)) for c in codes)
    let_in(request, user, device)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def verify(request: HttpRequest, user: User, code: str) -> bool:
    """Take a code of the authenticator (six digits) or a recovery code; each counts once.

    After a wrong one the device waits, twice as long each time (django-otp).
    """
    totp = code.isascii() and code.isdigit() and len(code) == 6
    kind = Authenticator if totp else StaticDevice
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None or not device.verify_token(code if totp else _hashed(code)):
        return False
    let_in(request, user, device)
    return True


def reset(user: User) -> None:
    """Forget all devices of somebody who lost them: the next log-in enrols again."""
    Authenticator.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    Passkey.objects.filter(user=user).delete()


def let_in(request: HttpRequest, user: User, device: Device) -> None:
    """Make this session one whose second factor ``device`` has verified, just now."""
    request.user = user
    request.session.cycle_key()
    request.session[_AT] = time.time()
    django_otp.login(request, device)


def _hashed(code: str) -> str:
    return identity.index(code.replace("-", "").replace(" ", "").lower())[:16]
