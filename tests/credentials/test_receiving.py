"""A wallet receives a certificate by OpenID4VCI 1.0, and nobody else does."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time

import pytest
from django.conf import settings
from django.test import Client
from joserfc import jwk
from sd_jwt.verifier import SDJWTVerifier

from certificates.actions import suspend
from certificates.models import Certificate
from credentials import codes, queries
from credentials.models import Credential, CredentialOffer
from ledger import canonical, clock
from ledger.models import Event
from people.actors import officer as officer_actor
from tests.credentials.conftest import clerk_of
from tests.credentials.wallet import Wallet, disclosed, new_key, payload_of, signed
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished")
SERVICE = "graduate_settlement"


def later(monkeypatch: pytest.MonkeyPatch, **passed: int) -> None:
    """Let time pass for all that reads PostgreSQL's clock."""
    at = clock.now() + dt.timedelta(**passed)
    for module in ("issuer.endpoints", "pages", "verifier.endpoints", "verifier.pages"):
        monkeypatch.setattr(f"credentials.{module}.now", lambda: at)


def keys_of(wallet: Wallet) -> dict[str, jwk.Key]:
    found = wallet.client.get("/.well-known/jwt-vc-issuer").json()["jwks"]["keys"]
    return {one["kid"]: jwk.import_key(one) for one in found}


def test_a_wallet_receives_what_the_certificate_says(wallet, make_offer, certificate):
    offer, pin = make_offer()
    metadata = wallet.metadata(offer["credential_issuer"])
    assert metadata["credential_issuer"] == offer["credential_issuer"]
    (configuration,) = offer["credential_configuration_ids"]
    described = metadata["credential_configurations_supported"][configuration]
    assert described["format"] == "dc+sd-jwt"
    credential = wallet.receive(offer, pin)

    from jwcrypto.jwk import JWK

    published = wallet.client.get("/.well-known/jwt-vc-issuer").json()["jwks"]["keys"]
    known = {one["kid"]: JWK(**one) for one in published}
    read = SDJWTVerifier(credential, lambda issuer, header: known[header["kid"]])
    claims = read.get_verified_payload()
    payload = canonical.loads(bytes(certificate.payload))
    assert claims["iss"] == settings.SITE_URL and claims["vct"] == described["vct"]
    assert claims["number"] == certificate.number
    assert claims["holder"] == {
        "name": payload["holder"]["name"],
        "id_number": payload["holder"]["number"],
    }
    assert claims["fields"] == {f["id"]: f["value"] for f in payload["fields"]}
    assert jwk.import_key(claims["cnf"]["jwk"]).thumbprint() == wallet.key.thumbprint()
    # what is hidden is exactly what the metadata lists, and nothing in the open says any of it
    assert {tuple(c["path"])[-1] for c in described["credential_metadata"]["claims"]} == set(
        disclosed(credential)
    )
    shown = json.dumps(payload_of(credential.split("~")[0]), ensure_ascii=False)
    assert certificate.number not in shown and payload["holder"]["name"] not in shown
    assert set(payload_of(credential.split("~")[0])) == {
        *("iss", "vct", "iat", "exp", "cnf", "status", "_sd", "_sd_alg", "holder", "fields"),
        "parts",
    }


def test_the_issue_is_an_event_and_the_citizen_sees_and_ends_the_wallet(
    wallet, credential, holder, certificate
):
    row = Credential.objects.get()
    event = Event.objects.get(subject=certificate.subject, kind="wallet_issued")
    assert json.loads(event.data) == {"credentials": [str(row.pk)], "keys": [row.key]}
    assert event.by == f"citizen:{certificate.holder}"
    url = f"/certificates/{certificate.public_id}/wallet/"
    page = holder.get(url).content.decode()
    assert "Test Wallet/1.0" in page and "end/" in page
    wallet.post(
        "/credentials/notification",
        {"notification_id": wallet.notification, "event": "credential_accepted"},
    )
    assert wallet.answer.status_code == 204
    row.refresh_from_db()
    assert row.accepted_at
    assert holder.post(f"{url}{row.offer_id}/end/").status_code == 302
    row.refresh_from_db()
    assert row.ended_at and row.ended_by == f"citizen:{certificate.holder}"
    assert Event.objects.filter(subject=certificate.subject, kind="wallet_ended").count() == 1
    assert "end/" not in holder.get(url).content.decode()
    assert holder.post(f"{url}{row.offer_id}/end/").status_code == 404


def test_a_wallet_that_deleted_it_ends_it(wallet, credential):
    said = {"notification_id": wallet.notification, "event": "credential_deleted"}
    for _ in range(2):  # twice is once
        wallet.post("/credentials/notification", said)
        assert wallet.answer.status_code == 204
    assert Credential.objects.get().ended_by == "wallet"
    assert Event.objects.filter(kind="wallet_ended").count() == 1


def test_a_wallet_that_has_it_is_on_the_page_before_those_that_had_it(
    wallet, make_offer, holder, certificate, monkeypatch
):
    monkeypatch.setattr(queries, "MOST", 1)
    wallet.receive(*make_offer())
    wallet.receive(*make_offer())
    wallet.post(
        "/credentials/notification",
        {"notification_id": wallet.notification, "event": "credential_deleted"},
    )
    assert "end/" in holder.get(f"/certificates/{certificate.public_id}/wallet/").content.decode()


def test_a_notification_of_something_else_is_refused(wallet, credential):
    known = wallet.notification
    for body, code in (
        ({"notification_id": "x", "event": "credential_deleted"}, "invalid_notification_id"),
        ({"notification_id": known[:33] + "\ud800", "event": "x"}, "invalid_notification_id"),
        ({"event": "credential_deleted"}, "invalid_notification_request"),
        ({"notification_id": known, "event": "stolen"}, "invalid_notification_request"),
        ({"notification_id": known, "event": 1}, "invalid_notification_request"),
    ):
        wallet.post("/credentials/notification", body)
        assert (wallet.answer.status_code, wallet.answer.json()["error"]) == (400, code), body
    assert not Credential.objects.get().ended_at


def test_several_keys_bring_credentials_that_nothing_links(wallet, make_offer, certificate):
    offer, pin = make_offer()
    wallet.redeem(offer, pin)
    nonce, others = wallet.nonce(), [new_key() for _ in range(3)]
    proofs = [wallet.proof(nonce), *(wallet.proof(nonce, key) for key in others)]
    got = wallet.fetch(SERVICE, *proofs)["credentials"]
    issued = [one["credential"] for one in got]
    assert len(issued) == 4
    open_claims = [payload_of(one.split("~")[0]) for one in issued]
    for name in ("iat", "exp", "vct", "iss"):
        assert len({claims[name] for claims in open_claims}) == 1
    # to the hour: neither tells which others were given at that moment
    assert [claims[name] % 3600 for claims in open_claims for name in ("iat", "exp")] == [0] * 8
    digests = [d for claims in open_claims for d in claims["_sd"] + claims["fields"]["_sd"]]
    assert len(digests) == len(set(digests))
    places = sorted(claims["status"]["status_list"]["idx"] for claims in open_claims)
    assert len(set(places)) == 4
    assert max(b - a for a, b in itertools.pairwise(places)) > 4  # not in a row


def test_a_wallet_that_is_a_page_may_ask(wallet):
    for name in ("token", "nonce", "credential", "notification", "responses"):
        answer = wallet.client.options(f"/credentials/{name}")
        assert answer.status_code == 204 and answer["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in answer["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer
        assert wallet.client.get(f"/credentials/{name}").status_code == 405


def test_a_code_is_used_once(wallet, make_offer):
    offer, pin = make_offer()
    wallet.receive(offer, pin)
    other = Wallet()
    assert other.redeem(offer, pin)["error"] == "invalid_grant"
    assert other.answer.status_code == 400 and other.answer["Cache-Control"] == "no-store"
    assert Credential.objects.count() == 1


def test_a_code_is_over_after_five_minutes(wallet, make_offer, monkeypatch):
    offer, pin = make_offer()
    later(monkeypatch, seconds=299)
    row = CredentialOffer.objects.get()
    assert row.expires_at - row.made_at == dt.timedelta(minutes=5)
    later(monkeypatch, seconds=301)
    assert wallet.redeem(offer, pin)["error"] == "invalid_grant"


def test_a_new_offer_ends_the_one_before(wallet, make_offer):
    (old, pin), (new, new_pin) = make_offer(), make_offer()
    assert wallet.redeem(old, pin)["error"] == "invalid_grant"
    assert "access_token" in wallet.redeem(new, new_pin)


def test_three_wrong_pins_end_an_offer(wallet, make_offer, holder, certificate):
    offer, pin = make_offer()
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    for _ in range(3):
        assert wallet.redeem(offer, wrong)["error"] == "invalid_grant"
    assert wallet.redeem(offer, pin)["error"] == "invalid_grant"
    row = CredentialOffer.objects.get()
    page = holder.get(f"/certificates/{certificate.public_id}/wallet/{row.pk}/").content.decode()
    assert "openid-credential-offer" not in page and pin not in page


TOKEN_REQUESTS = (
    ({"tx_code": None}, "invalid_request"),
    ({"tx_code": ""}, "invalid_request"),
    ({"pre-authorized_code": None}, "invalid_request"),
    ({"pre-authorized_code": "x"}, "invalid_grant"),
    ({"pre-authorized_code": "0" * 32 + "." + "A" * 43}, "invalid_grant"),
    ({"grant_type": None}, "invalid_request"),
    ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
    ({"tx_code": ["1", "2"]}, "invalid_request"),
)


def test_a_token_request_that_is_not_right_is_refused(wallet, make_offer):
    offer, pin = make_offer()
    for changes, code in TOKEN_REQUESTS:
        assert wallet.redeem(offer, pin, **changes)["error"] == code, changes
    assert "access_token" in wallet.redeem(offer, pin)  # and has cost nothing


def _other_audience(wallet, nonce):
    return wallet.proof(nonce, aud="https://other.example")


def _wrong_key(wallet, nonce):
    header = {"jwk": new_key().as_dict(private=False)}
    return wallet.proof(nonce, header=header)


def _private_key(wallet, nonce):
    return wallet.proof(nonce, header={"jwk": wallet.key.as_dict(private=True)})


def _no_algorithm(wallet, nonce):
    head, body, _ = wallet.proof(nonce).split(".")
    from tests.credentials.wallet import b64, unb64

    header = {**json.loads(unb64(head)), "alg": "none"}
    return f"{b64(json.dumps(header).encode())}.{body}."


def _symmetric(wallet, nonce):
    secret = jwk.OctKey.import_key(b"k" * 32)
    head = {"typ": "openid4vci-proof+jwt", "jwk": {"kty": "oct", "k": "a2tr"}}
    payload = {"aud": f"{settings.SITE_URL}/credentials", "iat": int(time.time()), "nonce": nonce}
    return signed(secret, head, payload, "HS256")


PROOFS = {
    "another audience": (_other_audience, "invalid_proof"),
    "another key than it names": (_wrong_key, "invalid_proof"),
    "its private key": (_private_key, "invalid_proof"),
    "no algorithm": (_no_algorithm, "invalid_proof"),
    "a symmetric algorithm": (_symmetric, "invalid_proof"),
    "another type": (lambda w, n: w.proof(n, header={"typ": "JWT"}), "invalid_proof"),
    "an old time": (lambda w, n: w.proof(n, iat=int(time.time()) - 400), "invalid_proof"),
    "a time to come": (lambda w, n: w.proof(n, iat=int(time.time()) + 400), "invalid_proof"),
    "no time": (lambda w, n: w.proof(n, iat=None), "invalid_proof"),
    "a time that is no number": (lambda w, n: w.proof(n, iat=True), "invalid_proof"),
    "no nonce": (lambda w, n: w.proof(n, nonce=None), "invalid_nonce"),
    "a made-up nonce": (lambda w, n: w.proof("abc.def.ghi"), "invalid_nonce"),
    "a nonce that was changed": (lambda w, n: w.proof("1" + n), "invalid_nonce"),
    "a nonce that is no text": (lambda w, n: w.proof("\ud800"), "invalid_nonce"),
    "an old nonce": (
        lambda w, n: w.proof(codes.nonce(time.time() - 301)),
        "invalid_nonce",
    ),
    "rubbish": (lambda w, n: "a.b.c", "invalid_proof"),
    "a million brackets": (lambda w, n: "[" * 30_000, "invalid_proof"),
}


def test_a_proof_that_is_not_right_brings_nothing(wallet, make_offer):
    wallet.redeem(*make_offer())
    for fault, (make, code) in PROOFS.items():
        assert wallet.fetch(SERVICE, make(wallet, wallet.nonce()))["error"] == code, fault
        assert wallet.answer.status_code == 400 and not Credential.objects.exists(), fault
    # and the token still brings it for a right one
    assert wallet.fetch(SERVICE, wallet.proof(wallet.nonce()))["credentials"]


def test_a_nonce_is_used_once(wallet, make_offer):
    wallet.redeem(*make_offer())
    nonce = wallet.nonce()
    wallet.fetch(SERVICE, wallet.proof(nonce))
    wallet.redeem(*make_offer())
    assert wallet.fetch(SERVICE, wallet.proof(nonce))["error"] == "invalid_nonce"


def test_one_key_twice_and_too_many_keys_are_refused(wallet, make_offer):
    wallet.redeem(*make_offer())
    nonce = wallet.nonce()
    one = wallet.proof(nonce)
    assert wallet.fetch(SERVICE, one, one)["error"] == "invalid_proof"
    assert wallet.fetch(SERVICE)["error"] == "invalid_proof"
    five = [wallet.proof(nonce, new_key()) for _ in range(5)]
    assert wallet.fetch(SERVICE, *five)["error"] == "invalid_proof"


CREDENTIAL_REQUESTS = (
    ("[]", "invalid_credential_request"),
    ("{", "invalid_credential_request"),
    ('{"a": 1, "a": 2}', "invalid_credential_request"),
    ("[" * 20_000, "invalid_credential_request"),
    ({"proofs": {"jwt": []}}, "invalid_credential_request"),
    ({"credential_identifier": "x"}, "unknown_credential_identifier"),
    ({"credential_configuration_id": SERVICE}, "invalid_proof"),
    ({"credential_configuration_id": SERVICE, "proofs": {"ldp_vp": []}}, "invalid_proof"),
    (
        {"credential_configuration_id": SERVICE, "credential_response_encryption": {}},
        "invalid_encryption_parameters",
    ),
)


def test_a_credential_request_that_is_not_right_is_refused(wallet, make_offer):
    wallet.redeem(*make_offer())
    for body, code in CREDENTIAL_REQUESTS:
        assert wallet.post("/credentials/credential", body)["error"] == code, body
        assert wallet.answer.status_code == 400
    wallet.post("/credentials/credential", '"' + "x" * 70_000 + '"')
    assert wallet.answer.status_code == 413


def test_a_token_is_of_its_own_certificate_and_used_once(wallet, make_offer):
    wallet.redeem(*make_offer())
    got = wallet.fetch("sole_trader", wallet.proof(wallet.nonce()))
    assert got["error"] == "unknown_credential_configuration"
    wallet.fetch(SERVICE, wallet.proof(wallet.nonce()))
    assert wallet.fetch(SERVICE, wallet.proof(wallet.nonce()))["error"] == "invalid_token"
    for token in ("", "x", "x" * 5000):
        asked = {"credential_configuration_id": SERVICE, "proofs": {"jwt": ["x"]}}
        wallet.post("/credentials/credential", asked, token=token)
        assert wallet.answer.status_code == 401, (token[:9], wallet.answer.json())
        assert wallet.answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_over_after_ten_minutes(wallet, make_offer, monkeypatch):
    wallet.redeem(*make_offer())
    proof = wallet.proof(wallet.nonce())
    later(monkeypatch, minutes=10)
    assert wallet.fetch(SERVICE, proof)["error"] == "invalid_token"


def test_what_is_suspended_goes_into_no_wallet(wallet, make_offer, holder, certificate):
    wallet.redeem(*make_offer())
    clerk = officer_actor(clerk_of(certificate, "suspender"))
    suspend(public_id=certificate.public_id, reason="核查", by=clerk, now=clock.now())
    got = wallet.fetch(SERVICE, wallet.proof(wallet.nonce()))
    assert got["error"] == "credential_request_denied"
    answer = holder.post(f"/certificates/{certificate.public_id}/wallet/")
    assert answer.status_code == 409 and "openid-credential-offer" not in answer.content.decode()


def test_nobody_else_offers_sees_or_ends(wallet, credential, make_offer, certificate):
    make_offer()
    row, held = CredentialOffer.objects.get(issued_at=None), Credential.objects.get()
    url = f"/certificates/{certificate.public_id}/wallet/"
    clerk = clerk_of(certificate, "curious")
    for user in (UserFactory(citizen=True), UserFactory(citizen=True, subject=""), clerk):
        stranger = Client()
        stranger.force_login(user)
        for path in (url, f"{url}{row.pk}/", f"{url}{row.pk}/state/"):
            assert stranger.get(path).status_code == 404
        assert stranger.post(url).status_code == 404
        assert stranger.post(f"{url}{held.offer_id}/end/").status_code == 404
    anonymous = Client()
    assert anonymous.get(url).status_code == anonymous.post(url).status_code == 302
    assert CredentialOffer.objects.count() == 2 and not Credential.objects.get().ended_at


def test_another_certificates_address_does_not_show_an_offer(holder, make_offer, certificate):
    make_offer()
    row = CredentialOffer.objects.get()
    assert holder.get(f"/certificates/{'0' * 16}/wallet/{row.pk}/").status_code == 404
    other = Certificate.objects.exclude(pk=certificate.pk).first()
    if other:
        assert holder.get(f"/certificates/{other.public_id}/wallet/{row.pk}/").status_code == 404


def test_codes_pins_tokens_and_nonces_are_not_stored(wallet, make_offer):
    offer, pin = make_offer()
    wallet.redeem(offer, pin)
    nonce = wallet.nonce()
    wallet.fetch(SERVICE, wallet.proof(nonce))
    from tests.credentials.wallet import GRANT

    secret = offer["grants"][GRANT]["pre-authorized_code"].split(".")[1]
    row = CredentialOffer.objects.filter().values().get()
    stored = "".join(bytes(v).hex() if isinstance(v, memoryview) else str(v) for v in row.values())
    for one in (secret, wallet.token, nonce):
        assert one not in stored and one.encode().hex() not in stored
