"""A part that is revoked fails alone: on the page of an officer, and by a list offline."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from html import unescape
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from joserfc import jwk
from lxml import html

from certificates.actions import confirm, issue, propose
from certificates.models import Certificate
from credentials.models import StatusEntry
from ledger import clock
from people.actors import ENGINE
from people.actors import officer as officer_actor
from services import catalogue
from tests.certificates.test_company import orders
from tests.credentials.conftest import clerk_of
from tests.credentials.test_showing import text_of
from tests.credentials.wallet import Wallet, disclosed, offered, payload_of, reads, unb64
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def licence(furnished: None) -> Certificate:
    """A company's licence with several filings."""
    book = catalogue.rulebook(catalogue.current("limited_company", dt.date(2026, 7, 1)))
    case = max(book.pack.cases, key=lambda case: len(case.filings or ()))
    (made,) = issue(orders(book, [case]), by=ENGINE, now=clock.now())
    return made


@pytest.fixture
def holder(licence: Certificate) -> Client:
    client = Client()
    client.force_login(UserFactory(citizen=True, subject=licence.holder))
    return client


@pytest.fixture
def received(licence: Certificate, holder: Client, wallet: Wallet) -> str:
    page = holder.post(f"/certificates/{licence.public_id}/wallet/", follow=True)
    return wallet.receive(*offered(page.content.decode()))


def parts_of(credential: str) -> dict[str, dict[str, Any]]:
    by_name = disclosed(credential)
    found = {name: json.loads(unb64(one))[2] for name, one in by_name.items()}
    return {k: v for k, v in found.items() if isinstance(v, dict) and "status" in v}


def revoke(licence: Certificate, item: str) -> None:
    first, second = (officer_actor(clerk_of(licence, name)) for name in ("first", "second"))
    made = propose(
        public_id=licence.public_id,
        ground="authority",
        reason="超越职权",
        item=item,
        by=first,
        now=clock.now(),
    )
    confirm(revocation=made.pk, by=second, now=clock.now())


def test_each_part_has_a_disclosure_and_a_status_of_its_own(received, licence):
    parts = parts_of(received)
    items = set(licence.filings.exclude(state="not_applicable").values_list("item", flat=True))
    assert set(parts) == items and len(items) >= 4
    places = [part["status"]["status_list"]["idx"] for part in parts.values()]
    places.append(payload_of(received.split("~")[0])["status"]["status_list"]["idx"])
    assert len(set(places)) == len(items) + 1 == StatusEntry.objects.count()


def test_one_part_revoked_fails_alone_before_an_officer(received, licence, wallet, officer):
    ended, other = sorted(parts_of(received))[:2]
    revoke(licence, ended)
    claims = [f"parts/{ended}", f"parts/{other}", "number"]
    page = officer.post(
        "/credentials/ask/limited_company/", {"claim": claims, "purpose": "备案核对"}, follow=True
    )
    link = unescape(re.search(r'href="(openid4vp://[^"]+)"', page.content.decode())[1])
    request = wallet.request(link)
    answer = wallet.respond(request, wallet.present(received, [ended, other, "number"], request))
    assert answer == {}
    text = text_of(officer, page.redirect_chain[-1][0])
    rows = {
        line.xpath("string(dt)"): line.xpath("string(dd/span[contains(@class, 'chip')]/@class)")
        for line in html.fromstring(text).xpath("//dl/div")
    }
    filings = {f.item: f.zh for f in licence.filings.all()}
    assert rows[filings[ended]] == "chip bad" and rows[filings[other]] == "chip ok"
    assert licence.number in text


def test_one_part_revoked_fails_alone_by_a_list_offline(received, licence, wallet, tmp_path):
    ended, other = sorted(parts_of(received))[:2]
    uri = payload_of(received.split("~")[0])["status"]["status_list"]["uri"]
    for name, content in {
        "keys.json": wallet.client.get("/.well-known/jwt-vc-issuer").content,
        "before": wallet.client.get(wallet._path(uri)).content,
        "whole": received.encode(),
        "without": received.replace(f"~{disclosed(received)[ended]}", "").encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    revoke(licence, ended)
    (tmp_path / "after").write_bytes(wallet.client.get(wallet._path(uri)).content)

    def check(file: str, *arguments: str) -> str:
        out = io.StringIO()
        call_command(
            "verify_credential",
            *(str(tmp_path / file), "--keys", str(tmp_path / "keys.json"), *arguments),
            stdout=out,
        )
        return out.getvalue()

    fresh = ("--status", str(tmp_path / "after"))
    assert "genuine" in check("whole", "--status", str(tmp_path / "before"))
    with pytest.raises(CommandError, match=f"^NOT IN FORCE: {ended}$"):
        check("whole", *fresh)
    said = check("without", *fresh)  # the rest of it holds
    assert f"{other}: Valid" in said and "the credential: Valid" in said and f"{ended}:" not in said
    assert "STATUS UNKNOWN" in check("whole")
    hours = clock.now() + dt.timedelta(hours=2)
    assert "MORE THAN AN HOUR OLD" in check("without", *fresh, "--on", hours.isoformat())
    stale = clock.now() + dt.timedelta(hours=25)
    with pytest.raises(CommandError, match="out of date"):
        check("without", *fresh, "--on", stale.isoformat())
    list_of_another = (tmp_path / "after").read_text().replace(".", ".e30", 1)
    (tmp_path / "forged").write_text(list_of_another)
    with pytest.raises(CommandError):
        check("without", "--status", str(tmp_path / "forged"))
    with pytest.raises(CommandError, match="expired"):
        check("without", *fresh, "--on", (clock.now() + dt.timedelta(days=400)).isoformat())


def test_the_same_keys_are_published_by_issuer_and_by_did(received, wallet):
    published = wallet.client.get("/.well-known/jwt-vc-issuer").json()
    assert published["issuer"] == payload_of(received.split("~")[0])["iss"]
    known = {one["kid"]: jwk.import_key(one) for one in published["jwks"]["keys"]}
    kid = json.loads(unb64(received.split(".")[0]))["kid"]
    assert reads(received.split("~")[0], known[kid])["vct"].endswith("/limited_company")
    document = wallet.client.get("/.well-known/did.json").json()
    assert document["id"] == "did:web:127.0.0.1%3A8000"
    methods = {one["id"]: one["publicKeyJwk"]["kid"] for one in document["verificationMethod"]}
    assert set(methods.values()) == set(known)
    assert document["assertionMethod"] == list(methods)
    assert all(name == f"{document['id']}#{key}" for name, key in methods.items())


def test_the_type_says_what_each_claim_is_called(received, wallet):
    vct = payload_of(received.split("~")[0])["vct"]
    described = wallet.client.get(wallet._path(vct)).json()
    assert described["vct"] == vct
    paths = {tuple(claim["path"]) for claim in described["claims"]}
    assert {("parts", item) for item in parts_of(received)} <= paths
    assert all(len(claim["display"]) == 2 for claim in described["claims"])
    assert wallet.client.get("/credentials/types/nothing").status_code == 404
