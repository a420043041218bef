"""What tests of passkeys do as a citizen: be logged in, add one, and log in with it."""

import time
from typing import Any

from django.test import Client

from people.models import User
from portal.login.levels import Level
from tests.people.authenticator import Authenticator
from tests.people.passkeys import DOMAIN, ORIGIN

OWN, LOG_IN, CHALLENGE = "/passkeys/", "/passkeys/log-in/", "/passkeys/challenge/"


def inside(user: User, level: Level = Level.SUBSTANTIAL, ago: float = 0) -> Client:
    """A browser of a citizen who logged in ``ago`` seconds ago, as surely as ``level`` says."""
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["login_level"] = int(level)
    session["since"], session["seen"] = time.time() - ago, time.time()
    session.save()
    return client


def options(client: Client, purpose: str) -> dict[str, Any]:
    answer = client.post(CHALLENGE, {"purpose": purpose})
    assert answer.status_code == 200, answer.content
    return answer.json()


def add(client: Client, name: str = "我的手机", **made: Any) -> Authenticator:
    device = Authenticator(ORIGIN, DOMAIN, **made)
    sent = {"action": "enrol", "name": name, "credential": device.create(options(client, "enrol"))}
    answer = client.post(OWN, sent)
    assert answer.status_code == 302, answer.content.decode()
    return device


def log_in(device: Authenticator, client: Client | None = None, **wrong: Any) -> Client:
    client = client or Client()
    client.post(LOG_IN, {"credential": device.get(options(client, "log_in"), **wrong)})
    return client


def is_in(client: Client) -> bool:
    return client.get(OWN).status_code == 200
