"""What tests of passkeys do as an officer: be logged in, enrol, and log in with one."""

import time
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from ledger.models import Event
from people.models import Authenticator as Totp
from people.models import User
from tests import officers
from tests.people.authenticator import Authenticator

PASSWORD = "correct-horse-battery"
ORIGIN, DOMAIN = "https://testserver", "testserver"
OWN, LOG_IN, FACTOR = "/desk/passkeys/", "/desk/passkeys/log-in/", "/desk/second-factor/"


def make(username: str) -> User:
    user = officers.enrol(
        username=username,
        name="陈",
        role="clerk",
        office="hrss",
        password=make_password(PASSWORD),
    )
    device = Totp(user=user, name="a", confirmed=True)
    device.encrypt(b"12345678901234567890")
    device.save()
    return user


def inside(user: User, ago: float = 0) -> Client:
    """A browser of an officer who gave a code of the authenticator, ``ago`` seconds ago."""
    client = by_password(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = Totp.objects.get(user=user).persistent_id
    session["second_factor_at"] = time.time() - ago
    session.save()
    return client


def by_password(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def options(client: Client, purpose: str) -> dict[str, Any]:
    answer = client.post("/desk/passkeys/challenge/", {"purpose": purpose})
    assert answer.status_code == 200, answer.content
    return answer.json()


def enrol(user: User, name: str = "手机", **made: Any) -> Authenticator:
    device, client = Authenticator(ORIGIN, DOMAIN, **made), inside(user)
    sent = {"action": "enrol", "name": name}
    sent["credential"] = device.create(options(client, "enrol"))
    answer = client.post(OWN, sent)
    assert answer.status_code == 302, answer.content.decode()
    return device


def is_in(client: Client) -> bool:
    """Whether the session is admitted to the desk, by its cheapest page."""
    return client.get("/desk/jsi18n/").status_code == 200


def log_in(device: Authenticator, **wrong: Any) -> Client:
    client = Client()
    client.post(LOG_IN, {"credential": device.get(options(client, "log_in"), **wrong)})
    return client


def give_factor(user: User, device: Authenticator, **wrong: Any) -> Client:
    client = by_password(user)
    client.post(FACTOR, {"credential": device.get(options(client, "second_factor"), **wrong)})
    return client


def kinds() -> list[str]:
    return list(
        Event.objects.filter(subject="officer:chen").order_by("seq").values_list("kind", flat=True)
    )
