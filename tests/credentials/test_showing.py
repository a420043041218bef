"""An officer is shown chosen claims by OpenID4VP 1.0, once, and believes nothing else."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import time
from html import unescape
from typing import Any

import pytest
from django.test import Client

from certificates.actions import confirm, propose, restore, suspend
from credentials import actions, signing, statuslist
from credentials.models import Credential, PresentationRequest
from ledger import clock
from people.actors import officer as officer_actor
from people.models import User
from tests.credentials.conftest import clerk_of
from tests.credentials.test_receiving import later
from tests.credentials.wallet import (
    Wallet,
    b64,
    disclosed,
    new_key,
    payload_of,
    reads,
    signed,
    unb64,
)

pytestmark = pytest.mark.usefixtures("furnished")
SERVICE = "graduate_settlement"


def asked(officer: Client, *claims: str) -> tuple[str, str]:
    """Ask for claims; return the address of the page, and what its code says."""
    url = f"/credentials/ask/{SERVICE}/"
    page = officer.post(
        url, {"claim": claims or ["fields/level"], "purpose": "核对学历"}, follow=True
    )
    assert page.status_code == 200, page.content.decode()
    link = unescape(re.search(r'href="(openid4vp://[^"]+)"', page.content.decode())[1])
    return page.redirect_chain[-1][0], link


def text_of(officer: Client, url: str) -> str:
    return officer.get(url).content.decode()


@pytest.fixture
def request_object(officer: Client, wallet: Wallet) -> dict[str, Any]:
    url, link = asked(officer)
    made = wallet.request(link)
    made["page"] = url
    return made


def test_one_claim_is_shown_and_nothing_else_is_kept(wallet, credential, officer, certificate):
    url, link = asked(officer)
    request = wallet.request(link)
    (query,) = request["dcql_query"]["credentials"]
    assert query["claims"] == [{"path": ["fields", "level"]}]
    assert request["response_mode"] == "direct_post" and request["client_id"] in link.replace(
        "%3A", ":"
    )
    page = text_of(officer, url)
    assert "hx-get" in page
    presentation = wallet.present(credential, ["level"], request)
    assert wallet.respond(request, presentation) == {}
    assert wallet.answer.status_code == 200
    page = text_of(officer, url)
    level = json.loads(unb64(disclosed(credential)["level"]))[2]
    name = json.loads(unb64(disclosed(credential)["name"]))[2]
    assert level in page and "ok" in page
    assert name not in page and certificate.number not in page and certificate.public_id not in page
    row = PresentationRequest.objects.get()
    assert row.outcome == "shown" and level.encode() not in bytes(row.shown)  # encrypted
    state = officer.get(f"{url}state/")
    assert state["HX-Refresh"] == "true"


def test_more_than_was_asked_for_is_not_kept(wallet, credential, request_object, officer):
    """A wallet that shows everything tells the officer no more than what was asked."""
    presentation = wallet.present(credential, list(disclosed(credential)), request_object)
    assert wallet.respond(request_object, presentation) == {}
    name = json.loads(unb64(disclosed(credential)["name"]))[2]
    assert name not in text_of(officer, request_object["page"])


def test_what_was_shown_is_gone_after_ten_minutes(
    wallet, credential, request_object, officer, monkeypatch
):
    wallet.respond(request_object, wallet.present(credential, ["level"], request_object))
    level = json.loads(unb64(disclosed(credential)["level"]))[2]
    assert level in text_of(officer, request_object["page"])
    later(monkeypatch, minutes=10)
    assert level not in text_of(officer, request_object["page"])
    assert actions.erase(clock.now() + dt.timedelta(minutes=10, seconds=1)) == 1
    assert PresentationRequest.objects.get().shown is None
    assert actions.erase(clock.now() + dt.timedelta(days=1)) == 0


def test_it_is_answered_once_and_in_time(wallet, credential, officer, monkeypatch):
    _, link = asked(officer)
    request = wallet.request(link)
    presentation = wallet.present(credential, ["level"], request)
    assert wallet.respond(request, presentation) == {}
    assert wallet.respond(request, presentation)["error"] == "invalid_request"  # replayed
    _, link = asked(officer)
    request = wallet.request(link)
    later(monkeypatch, minutes=5, seconds=1)
    answer = wallet.respond(request, wallet.present(credential, ["level"], request))
    assert answer["error"] == "invalid_request"
    path = "/credentials/requests/" + re.search(r"requests%2F([0-9a-f-]+)", link)[1]
    assert wallet.client.get(path).status_code == 404


def test_whoever_is_asked_may_decline(wallet, request_object, officer):
    assert wallet.respond(request_object, None, vp_token=None, error="access_denied") == {}
    assert PresentationRequest.objects.get().outcome == "declined"
    assert wallet.respond(request_object, None, error="access_denied")["error"] == "invalid_request"


# What is not genuine: how it is made from a wallet, a credential and a request, and what is said


def _forged_level(w: Wallet, c: str, r: Any) -> str:
    """The level that the issuer did not write, with the salt of its own."""
    salt, name, _ = json.loads(unb64(disclosed(c)["level"]))
    forged = b64(json.dumps([salt, name, "博士研究生"]).encode())
    return w.present(c.replace(disclosed(c)["level"], forged), ["level"], r)


def _resigned(w: Wallet, c: str, r: Any) -> str:
    """Another's signature over the issuer's words."""
    key, jwt = new_key(), c.split("~")[0]
    header = json.loads(unb64(jwt.split(".")[0]))
    made = signed(key, {k: v for k, v in header.items() if k != "alg"}, payload_of(jwt))
    return w.present(c.replace(jwt, made), ["level"], r)


def _own_key(w: Wallet, c: str, r: Any) -> str:
    """An issuer of one's own, whose key the header brings along."""
    key, jwt = new_key(), c.split("~")[0]
    header = {"typ": "dc+sd-jwt", "kid": key.thumbprint(), "jwk": key.as_dict(private=False)}
    return w.present(c.replace(jwt, signed(key, header, payload_of(jwt))), ["level"], r)


def _no_binding(w: Wallet, c: str, r: Any) -> str:
    return w.present(c, ["level"], r).rpartition("~")[0] + "~"


def _later_disclosure(w: Wallet, c: str, r: Any) -> str:
    """One more disclosure than the wallet has signed for."""
    shown = w.present(c, ["level"], r)
    head, _, binding = shown.rpartition("~")
    return f"{head}~{disclosed(c)['number']}~{binding}"


def _twice(w: Wallet, c: str, r: Any) -> str:
    return w.present(c, ["level", "level"], r)


def _flipped(w: Wallet, c: str, r: Any) -> str:
    jwt = c.split("~")[0]
    head, body, signature = jwt.split(".")
    other = ("A" if signature[5] != "A" else "B").join((signature[:5], signature[6:]))
    return w.present(c.replace(jwt, f"{head}.{body}.{other}"), ["level"], r)


FAULTS = {
    "forged disclosure": (_forged_level, "disclosure"),
    "a disclosure twice": (_twice, "disclosure"),
    "signed anew": (_resigned, "issuer"),
    "an issuer of one's own": (_own_key, "issuer"),
    "a flipped bit": (_flipped, "issuer"),
    "no key binding": (_no_binding, "binding"),
    "more than was signed for": (_later_disclosure, "binding"),
    "another's key": (lambda w, c, r: w.present(c, ["level"], r, key=new_key()), "binding"),
    "another digest": (lambda w, c, r: w.present(c, ["level"], r, sd_hash="x"), "binding"),
    "another type": (lambda w, c, r: w.present(c, ["level"], r, header={"typ": "JWT"}), "binding"),
    "another audience": (
        lambda w, c, r: w.present(c, ["level"], r, aud="x509_san_dns:other.example"),
        "audience",
    ),
    "another nonce": (lambda w, c, r: w.present(c, ["level"], r, nonce="x"), "nonce"),
    "no nonce": (lambda w, c, r: w.present(c, ["level"], r, nonce=None), "nonce"),
    "an old binding": (
        lambda w, c, r: w.present(c, ["level"], r, iat=int(time.time()) - 400),
        "binding_time",
    ),
    "a binding to come": (
        lambda w, c, r: w.present(c, ["level"], r, iat=int(time.time()) + 400),
        "binding_time",
    ),
    "nothing of what was asked": (lambda w, c, r: w.present(c, ["number"], r), "missing"),
    "rubbish": (lambda w, c, r: "x", "disclosure"),
    "what is no text": (lambda w, c, r: "\ud800~", "disclosure"),
    "a thousand tildes": (lambda w, c, r: "~" * 1000, "disclosure"),
    "no credential": (lambda w, c, r: "a.b.c~", "malformed"),
}


def test_what_is_not_genuine_is_refused_and_said_and_leaves_the_request_open(
    wallet, credential, request_object, officer
):
    for what, (make, code) in FAULTS.items():
        answer = wallet.respond(request_object, make(wallet, credential, request_object))
        assert wallet.answer.status_code == 400, what
        assert answer["error_description"].endswith(code), (what, answer)
        row = PresentationRequest.objects.get()
        assert (row.outcome, row.fault, row.shown) == ("open", code, None), what
        assert "note bad" in text_of(officer, request_object["page"]), what
    presentation = wallet.present(credential, ["level"], request_object)
    assert wallet.respond(request_object, presentation) == {}


def test_responses_that_are_none_are_refused(wallet, request_object):
    for changes in (
        {"vp_token": None},
        {"vp_token": "{"},
        {"vp_token": "[]"},
        {"vp_token": '{"certificate": "x"}'},
        {"vp_token": '{"other": ["x"]}'},
        {"vp_token": '{"certificate": [1]}'},
        {"vp_token": '{"certificate": ["x"], "certificate": ["y"]}'},
        {"state": None},
        {"state": "x"},
        {"state": "0" * 32 + "." + "A" * 43},
        {"state": ["a", "b"]},
    ):
        answer = wallet.respond(request_object, "x", **changes)
        assert wallet.answer.status_code == 400 and answer["error"] == "invalid_request", changes


def test_another_certificate_than_was_asked_for_is_refused(wallet, credential, officer):
    url = "/credentials/ask/sole_trader/"
    page = officer.post(url, {"claim": "number", "purpose": "x"}, follow=True).content.decode()
    request = wallet.request(unescape(re.search(r'href="(openid4vp://[^"]+)"', page)[1]))
    answer = wallet.respond(request, wallet.present(credential, ["number"], request))
    assert answer["error_description"].endswith("type")


@pytest.mark.parametrize("end", ["revoked", "suspended", "ended by its holder"])
def test_what_is_no_longer_in_force_shows_nothing(
    wallet, credential, request_object, officer, certificate, holder, end
):
    clerk = officer_actor(clerk_of(certificate, "first"))
    at = clock.now()
    if end == "revoked":
        second = officer_actor(clerk_of(certificate, "second"))
        made = propose(
            public_id=certificate.public_id, ground="deception", reason="伪造学历", by=clerk, now=at
        )
        confirm(revocation=made.pk, by=second, now=at)
    elif end == "suspended":
        suspend(public_id=certificate.public_id, reason="核查", by=clerk, now=at)
    else:
        row = Credential.objects.get()
        url = f"/certificates/{certificate.public_id}/wallet/{row.offer_id}/end/"
        assert holder.post(url).status_code == 302
    presentation = wallet.present(credential, ["level"], request_object)
    assert wallet.respond(request_object, presentation) == {}
    row = PresentationRequest.objects.get()
    assert row.outcome == "faulty" and row.shown is None
    assert row.fault == ("suspended" if end == "suspended" else "ended")
    level = json.loads(unb64(disclosed(credential)["level"]))[2]
    assert level not in text_of(officer, request_object["page"])


def test_a_status_follows_the_certificate_at_once(wallet, credential, certificate):
    entry = payload_of(credential.split("~")[0])["status"]["status_list"]

    def status() -> int:
        answer = wallet.client.get(wallet._path(entry["uri"]))
        assert answer["Content-Type"] == "application/statuslist+jwt"
        token = payload_of(answer.content.decode())
        assert token["sub"] == entry["uri"] and token["exp"] - token["iat"] == 86_400
        body = token["status_list"]
        return statuslist.read(body["lst"], body["bits"], entry["idx"])

    assert status() == 0
    clerk = officer_actor(clerk_of(certificate, "first"))
    suspend(public_id=certificate.public_id, reason="核查", by=clerk, now=clock.now())
    assert status() == 2
    restore(public_id=certificate.public_id, reason="核查完毕", by=clerk, now=clock.now())
    assert status() == 0
    wallet.post(
        "/credentials/notification",
        {"notification_id": wallet.notification, "event": "credential_deleted"},
    )
    assert status() == 1


def test_only_whoever_handles_cases_asks_and_only_they_see(officer, holder, wallet, request_object):
    page = request_object["page"]
    for user in (
        User.objects.get(username="asker"),  # the control: who asked
        *User.objects.filter(role__in=["auditor", "administrator", "policy"]),
        *User.objects.filter(role="clerk").exclude(username="asker")[:1],
        User.objects.filter(role="citizen").exclude(subject="").first(),
    ):
        client = Client()
        client.force_login(user)
        expected = 200 if user.username == "asker" else 404
        assert client.get(page).status_code == expected, user
        assert client.get(f"{page}state/").status_code == expected, user
        may_ask = user.role in ("clerk", "supervisor", "head")
        assert (client.get("/credentials/ask/").status_code == 200) == may_ask, user
    assert Client().get(page).status_code == 302


@pytest.mark.parametrize(
    "claims",
    [
        [],
        ["fields/nothing"],
        ["iss"],
        ["fields/level", "x"],
        ["fields"],
        [""],
    ],
)
def test_what_cannot_be_asked_for_is_refused(officer, claims):
    answer = officer.post(f"/credentials/ask/{SERVICE}/", {"claim": claims, "purpose": "核对"})
    assert answer.status_code == 422 and not PresentationRequest.objects.exists()


def test_a_purpose_has_to_be_said(officer):
    answer = officer.post(f"/credentials/ask/{SERVICE}/", {"claim": "fields/level", "purpose": " "})
    assert answer.status_code == 422 and not PresentationRequest.objects.exists()


def test_the_request_is_signed_by_the_certificate_that_it_is_named_by(wallet, officer):
    """As a wallet checks it (OpenID4VP 1.0, 5.9.3): the leaf's hash or name, then the signature."""
    from base64 import b64decode

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from joserfc import jwk

    _, link = asked(officer)
    request = wallet.request(link)
    text = wallet.answer.content.decode()
    header = json.loads(unb64(text.split(".")[0]))
    assert header["typ"] == "oauth-authz-req+jwt"
    der = b64decode(header["x5c"][0])
    leaf = x509.load_der_x509_certificate(der)
    name = request["client_id"].removeprefix("x509_hash:")
    assert name == b64(hashlib.sha256(der).digest())  # our site is a bare address in tests
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert reads(text, jwk.ECKey.import_key(_pem(leaf)))["nonce"] == request["nonce"]


def test_under_a_name_the_certificate_has_that_name(settings):
    """Also where the site was called otherwise before."""
    from base64 import b64decode

    from cryptography import x509

    at = clock.now()
    for host in ("gov.example", "www.gov.example"):
        settings.SITE_URL = f"https://{host}"
        assert signing.client_id(at) == f"x509_san_dns:{host}"
        header = json.loads(unb64(signing.sign(signing.VERIFIER, "x", {}, at).split(".")[0]))
        leaf = x509.load_der_x509_certificate(b64decode(header["x5c"][0]))
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [host]


def _pem(leaf: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
