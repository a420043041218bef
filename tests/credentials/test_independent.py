"""Independent libraries as wallet and as verifier, against a server that runs.

`@openid4vc/openid4vci` and `@openid4vc/openid4vp` receive and show, `@sd-jwt/sd-jwt-vc` checks.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.db import transaction

from certificates.actions import confirm, issue, propose, suspend
from certificates.models import Certificate
from credentials.models import Credential
from demo import accounts
from ledger import clock
from people.actors import ENGINE
from people.actors import officer as officer_actor
from people.models import User
from services import catalogue
from tests.certificates.test_company import orders
from tests.credentials.conftest import clerk_of, issued
from tests.credentials.wallet import disclosed, unb64
from tests.portal.visitor import Visitor


class Programs:
    """`tests/node/wallet.mjs`, one task a call."""

    def __init__(self, node: Any, site: str) -> None:
        self.node, self.site = node, site

    def __call__(self, do: str, **task: Any) -> dict[str, Any]:
        task = json.dumps({"do": do, "issuer": self.site, **task})
        done = self.node.run("node", "wallet.mjs", task, timeout=120)
        assert done.stdout.strip(), done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture
def programs(node: Any, live: Any) -> Programs:
    return Programs(node, live.url)


def offer_of(visitor: Visitor, certificate: Certificate) -> tuple[str, str]:
    page = visitor.get(f"/certificates/{certificate.public_id}/wallet/")
    page = page.press()
    link = page.one("//a[starts-with(@href, 'openid-credential-offer:')]/@href")
    return str(link), str(page.one("//p[@class='pin']/b").text)


def request_of(officer: Visitor, service: str, claims: list[str]) -> str:
    officer.get(f"/credentials/ask/{service}/").press(claim=claims, purpose="核对")
    return unescape(re.search(r'href="(openid4vp:[^"]+)"', officer.response.text)[1])


@pytest.fixture
def officer(live: Any) -> Visitor:
    clerk = User.objects.filter(role="clerk", office="market").first()
    return Visitor(live.url).as_officer(clerk.username, accounts.password())


def test_a_certificate_is_received_shown_and_checked_by_other_libraries(live, programs, officer):
    certificate = issued()
    holder = Visitor(live.url).as_persona("graduate")
    link, pin = offer_of(holder, certificate)

    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    assert "invalid_grant" in json.dumps(programs("receive", offer=link, pin=wrong))
    got = programs("receive", offer=link, pin=pin)
    assert got.get("known") == "dc+sd-jwt", got
    assert Credential.objects.get().accepted_at
    assert "invalid_grant" in json.dumps(programs("receive", offer=link, pin=pin))  # used up

    level = json.loads(unb64(disclosed(got["credential"])["level"]))[2]
    whole = programs("verify", credential=got["credential"], require=["fields.level"])
    assert whole["payload"]["fields"]["level"] == level, whole
    assert whole["payload"]["number"] == certificate.number

    link = request_of(officer, "graduate_settlement", ["fields/level"])
    frame = {"fields": {"level": True}}
    shown = programs("present", request=link, frame=frame, **_held(got))
    assert shown.get("status") == 200, shown
    assert shown["asked"] == [["fields", "level"]] and shown["verifier"] == "x509_hash"
    officer.get(officer.address)
    assert level in officer.text and "真实有效" in officer.text
    assert certificate.number not in officer.response.text
    # what was shown, checked by the other library: that one field, and nothing else
    read = programs("verify", credential=shown["shown"], nonce=shown["nonce"])["payload"]
    assert read["fields"] == {"level": level} and "number" not in read and read["holder"] == {}
    # shown again, it is refused
    again = programs("present", request=link, frame=frame, **_held(got))
    assert again.get("status") != 200

    clerk = officer_actor(clerk_of(certificate, "suspender"))
    suspend(public_id=certificate.public_id, reason="核查", by=clerk, now=clock.now())
    refused = programs("verify", credential=got["credential"])
    assert "payload" not in refused and "tatus" in refused["error"], refused


def _held(got: dict[str, Any]) -> dict[str, Any]:
    return {"credential": got["credential"], "key": got["key"]}


def test_one_part_revoked_fails_alone_in_another_library(live, programs, officer):
    book = catalogue.rulebook(catalogue.current("limited_company", dt.date(2026, 7, 1)))
    case = max(book.pack.cases, key=lambda case: len(case.filings or ()))
    graduate = Visitor(live.url).as_persona("graduate")
    holder = User.objects.get(username="graduate").subject
    (order,) = orders(book, [case])
    with transaction.atomic():
        (licence,) = issue([replace(order, holder=holder)], by=ENGINE, now=clock.now())
    link, pin = offer_of(graduate, licence)
    got = programs("receive", offer=link, pin=pin)
    before = programs("verify", credential=got["credential"])
    assert set(before["parts"].values()) == {0} and len(before["parts"]) >= 4, before
    ended = sorted(before["parts"])[0]
    first, second = (officer_actor(clerk_of(licence, name)) for name in ("first", "second"))
    made = propose(
        public_id=licence.public_id,
        ground="authority",
        reason="超越职权",
        item=ended,
        by=first,
        now=clock.now(),
    )
    confirm(revocation=made.pk, by=second, now=clock.now())
    after = programs("verify", credential=got["credential"])
    assert after["parts"] == {**before["parts"], ended: 1}
