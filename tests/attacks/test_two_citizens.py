"""Two citizens' wallets, which send whatever comes: nothing of the one is told to the other.

Citizens have no API of their own; what acts for them by a token are wallets (OpenID4VCI) and
assistants (MCP: tests/assistants/test_two_citizens.py). What is genuine for one is sent by the
other, in parts and spoilt: none of it is a fault of ours.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from certificates.models import Certificate
from people.models import User
from tests.approvals.cases import settled
from tests.credentials.wallet import Wallet, disclosed, offered, payload_of, unb64

FULL = bool(os.environ.get("MIAOPI_FULL"))
SEED = int(os.environ.get("FUZZ_SEED", "2026"))
REQUESTS = 5000 if FULL else 250  # of wallets
ODD: tuple[Any, ...] = (
    *(None, "", "\x00", "\ud800", " ", "x" * 9000, "' OR 1=1 --", "../../etc/passwd", "%00"),
    *(0, -1, 10**30, 1.5, True, [], {}, [[[[]]]], [None], {"": {}}, ["jwt"], {"jwt": "x"}),
)
WHO = ("graduate", "graduate_25")


def spoilt(rng: random.Random, body: Any, spare: list[Any]) -> Any:
    """Return a copy in which one place is gone, odd, or something genuine from elsewhere."""
    made = copy.deepcopy(body)
    places = [(made, key) for key in made]
    for holder, key in places:
        inside = holder[key]
        if isinstance(inside, dict):
            places += [(inside, one) for one in inside]
        elif isinstance(inside, list):
            places += [(inside, one) for one in range(len(inside))]
    if not places:
        return {rng.choice(("number", "service", "")): rng.choice(ODD)}
    holder, key = rng.choice(places)
    way = rng.random()
    if way < 0.2 and isinstance(holder, dict):
        del holder[key]
    elif way < 0.6:
        holder[key] = rng.choice(spare)
    elif way < 0.7 and isinstance(holder[key], str) and holder[key]:
        at = rng.randrange(len(holder[key]))
        holder[key] = holder[key][:at] + rng.choice("aZ0.~%\x00") + holder[key][at + 1 :]
    else:
        holder[key] = rng.choice(ODD)
    return made


@dataclass
class Holder:
    """A citizen with a certificate and a wallet: what it was given, and what tells of them."""

    certificate: Certificate
    wallet: Wallet = field(default_factory=Wallet)
    codes: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    notifications: list[str] = field(default_factory=list)

    def offer(self) -> tuple[Any, str]:
        """Press the button of the certificate's page."""
        client = Client()
        client.force_login(User.objects.get(subject=self.certificate.holder))
        page = client.post(f"/certificates/{self.certificate.public_id}/wallet/", follow=True)
        return offered(page.content.decode())

    def prepare(self) -> None:
        """One offer redeemed and received, then one redeemed, then one that is open."""
        self.credentials.append(self.wallet.receive(*self.offer()))
        self.tokens.append(self.wallet.token)
        self.notifications.append(self.wallet.notification)
        self.wallet.redeem(*self.offer())
        self.tokens.append(self.wallet.token)
        made, pin = self.offer()
        [grant] = made["grants"].values()
        self.codes.append((grant["pre-authorized_code"], pin))

    @property
    def marks(self) -> set[str]:
        paper = json.loads(bytes(self.certificate.payload))
        return {paper["holder"]["name"], self.certificate.number, self.certificate.identifier}


def test_wallets_of_two_citizens_are_told_nothing_of_each_other(
    furnished: None, settings: Any
) -> None:
    settings.RATES = False  # counts by address are not what is tried here
    rng = random.Random(SEED)
    papers = [Certificate.objects.get(application=settled(who).number) for who in WHO]
    both = [Holder(paper) for paper in papers]
    seen: Counter[str] = Counter()
    for turn in range(REQUESTS):
        if turn % 100 == 0:  # codes and tokens are used up
            for one in both:
                one.prepare()
        sender, other = rng.sample(both, 2)
        name, send, body = _asked(rng, sender, other)
        spare = [*ODD, *other.tokens, *other.notifications, *other.credentials, *other.codes[-1]]
        token = rng.choice([*sender.tokens, *sender.tokens, *other.tokens, "x" * 43, ""])
        sent = spoilt(rng, body, spare) if rng.random() < 0.8 else body
        answer = send(sent, token)
        assert answer.status_code in (200, 204, 400, 401, 404, 413), (name, sent, answer)
        seen[f"{name} {answer.status_code}"] += 1
        text = answer.content.decode()
        owner = sender if token in sender.tokens else other if token in other.tokens else None
        _assert_owned(name, text, owner, both)
    assert {"credential 200", "credential 400", "credential 401", "token 400"} <= seen.keys(), seen
    print(f"wallets: {REQUESTS} requests, {dict(sorted(seen.items()))}")


def _asked(
    rng: random.Random, sender: Holder, other: Holder
) -> tuple[str, Callable[[Any, str], Any], Any]:
    """Return an endpoint, how it is sent a body with a token, and a body that is nearly genuine."""
    wallet = sender.wallet

    def as_json(path: str) -> Callable[[Any, str], Any]:
        def send(body: Any, token: str) -> Any:
            text = json.dumps(body)
            if rng.random() < 0.05:
                text = text[: rng.randrange(len(text))]
            return wallet.client.post(
                path, text, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}"
            )

        return send

    def as_form(path: str) -> Callable[[Any, str], Any]:
        def send(body: Any, token: str) -> Any:
            flat = {
                key: value if isinstance(value, str) else json.dumps(value)
                for key, value in body.items()
            }
            flat = {key: value.encode("utf-8", "replace") for key, value in flat.items()}
            return wallet.client.post(path, flat)

        return send

    kind = rng.choice(("token", "credential", "credential", "credential", "notification", "shown"))
    if kind == "token":
        code, pin = rng.choice([sender.codes[-1], (sender.codes[-1][0], other.codes[-1][1])])
        grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
        form = {"grant_type": grant, "pre-authorized_code": code, "tx_code": pin}
        return kind, as_form("/credentials/token"), form
    if kind == "credential":
        proof = wallet.proof(wallet.nonce(), key=rng.choice([sender, other]).wallet.key)
        body: Any = {
            "credential_configuration_id": sender.certificate.service,
            "proofs": {"jwt": [proof]},
        }
        return kind, as_json("/credentials/credential"), body
    if kind == "notification":
        of = rng.choice([sender, other])
        event = rng.choice(("credential_accepted", "credential_failure", "credential_deleted"))
        body = {"notification_id": of.notifications[-1], "event": event}
        return kind, as_json("/credentials/notification"), body
    shown = json.dumps({"certificate": [rng.choice(other.credentials)]})
    return kind, as_form("/credentials/responses"), {"vp_token": shown, "state": "x" * 43}


def _assert_owned(name: str, text: str, owner: Holder | None, both: list[Holder]) -> None:
    """What an answer tells of anybody is told to whose token it was asked with."""
    told = text
    if name == "credential" and text.startswith('{"credentials"'):
        assert owner is not None, "without a token"
        for made in json.loads(text)["credentials"]:
            credential = made["credential"]
            told += "".join(unb64(one).decode() for one in disclosed(credential).values())
            told += json.dumps(payload_of(credential.split("~")[0]), ensure_ascii=False)
        owner.notifications.append(json.loads(text)["notification_id"])
        assert any(mark in told for mark in owner.marks)
    for one in both:
        if one is not owner:
            assert not [mark for mark in one.marks if mark in told], (name, text[:300])
