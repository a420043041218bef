"""Messages that are not authentic, fresh, or as they were signed: none accepted, none a 5xx."""

import base64
import datetime
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exchange import webhook_client
from exchange.models import Message
from exchange.partners import credentials_file
from ledger.clock import now
from tests.approvals.program import rows, secret

pytestmark = pytest.mark.usefixtures("furnished")
SOME, ALL = 300, 10_000
Headers = dict[str, str]
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Forger:
    """Knows everything but the food office's inbound secret, and has heard one message of it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.began = now()
        outgoing = json.loads(credentials_file("food").read_text())["webhook_secret"]
        self.other_secrets = [
            outgoing,
            secret("window"),
            "whsec_" + base64.b64encode(self.draw.randbytes(32)).decode(),
        ]

    def message(self) -> bytes:
        data = {
            "application": f"ST{self.draw.randrange(10**8)}",
            "item": "food",
            "granted": self.draw.choice([True, False]),
            "reason": "后厨面积不足",
        }
        return json.dumps({"type": "approval.answered", "data": data}, ensure_ascii=False).encode()

    def genuine(self, raw: bytes, seconds: float = 0) -> Headers:
        """What the office itself would have sent, so many seconds ago."""
        at = self.began - datetime.timedelta(seconds=seconds)
        return webhook_client.sign(secret("food"), f"m-{self.draw.random()}", raw, at=at)

    def forged(self) -> tuple[Headers, bytes]:
        raw = self.message()
        key = self.draw.choice(self.other_secrets)
        return webhook_client.sign(key, f"m-{self.draw.random()}", raw, at=self.began), raw

    def old(self) -> tuple[Headers, bytes]:
        raw = self.message()
        return self.genuine(raw, seconds=301 + 10 ** self.draw.uniform(0, 8)), raw

    def future(self) -> tuple[Headers, bytes]:
        raw = self.message()  # beyond what this test may last
        return self.genuine(raw, seconds=-(3600 + 10 ** self.draw.uniform(0, 8))), raw

    def replayed(self) -> tuple[Headers, bytes]:
        """Heard before, and sent under a new id or time, which the signature covers."""
        raw = self.message()
        headers = self.genuine(raw, seconds=self.draw.choice([0, 400]))
        at = str(int(self.began.timestamp()) + self.draw.randrange(1, 60))
        changes = {"webhook-id": f"m-{self.draw.random()}", "webhook-timestamp": at}
        for name in self.draw.sample(sorted(changes), self.draw.randrange(1, 3)):
            headers[name] = changes[name]
        return headers, raw

    def reserialised(self) -> tuple[Headers, bytes]:
        raw = self.message()
        body = json.loads(raw)
        turned = dict(reversed(body.items()))
        other = self.draw.choice(
            [
                json.dumps(body).encode(),  # escapes
                json.dumps(body, ensure_ascii=False, indent=1).encode(),
                json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
                json.dumps(turned, ensure_ascii=False).encode(),
                raw + b"\n",
                b" " + raw,
                b"\xef\xbb\xbf" + raw,
                raw.replace(b"true", b"false").replace(b"approval", b"approvaL"),
                raw[: self.draw.randrange(len(raw))],
                b"",
            ]
        )
        return self.genuine(raw), other

    def malformed(self) -> tuple[Headers, bytes]:
        raw = self.message()
        headers = self.genuine(raw)
        name = self.draw.choice(NAMES)
        value = headers[name]
        wrong = [
            *("", " ", ",", ".", "é", "٣", "½", "\x00", "\x7f", "null", "nan", "-1", "1e9", "0x10"),
            *(value + "x", "x" + value, value[:-1], value * 2, value + "," + value, f'"{value}"'),
            *(value.swapcase() + "!", "x" * 5000, "9" * 400, f"{value}\n{value}", f"v1,{value}"),
            "".join(chr(self.draw.randrange(1, 256)) for _ in range(self.draw.randrange(80))),
        ]
        changed = {**headers, name: self.draw.choice(wrong)}
        if self.draw.random() < 0.1:
            del changed[name]
        if {k: v.strip() for k, v in changed.items()} == headers:
            return self.malformed()
        return changed, raw


KINDS: tuple[Callable[[Forger], tuple[Headers, bytes]], ...] = (
    Forger.forged,
    Forger.old,
    Forger.future,
    Forger.replayed,
    Forger.reserialised,
    Forger.malformed,
)


def attack(count: int) -> None:
    forger, before, client = Forger(seed=count), rows(), Client()
    answers: Counter[tuple[str, int]] = Counter()
    for n in range(count):
        kind = KINDS[n % len(KINDS)]
        headers, raw = kind(forger)
        answer = client.post(
            "/webhooks/food/", raw, content_type="application/json", headers=headers
        )
        assert 400 <= answer.status_code < 500, (kind.__name__, headers, raw, answer.status_code)
        assert answer.headers["Content-Type"] == "application/problem+json"
        answers[kind.__name__, answer.status_code] += 1
    assert not Message.objects.exists() and rows() == before
    assert sum(answers.values()) == count
    expected = {"forged": {401}, "old": {401}, "future": {401}, "replayed": {401}}
    for name, statuses in expected.items():
        assert {status for kind, status in answers if kind == name} == statuses
    # what is refused above is refused for that alone
    raw = forger.message()
    genuine = webhook_client.sign(secret("food"), "m-genuine", raw, at=now())
    taken: Any = client.post(
        "/webhooks/food/", raw, content_type="application/json", headers=genuine
    )
    assert taken.status_code == 404 and taken.json()["code"] == "not_found"  # no such case


def test_of_300_that_are_not_genuine_none_is_accepted() -> None:
    attack(SOME)


@pytest.mark.full
def test_of_10000_that_are_not_genuine_none_is_accepted() -> None:
    attack(ALL)
