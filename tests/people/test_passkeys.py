"""Using passkeys, signed by an authenticator in software (tests/people/authenticator.py)."""

import pytest
from django.test import Client

from ledger.clock import now as clock_now
from people.errors import ActionRejected
from people.models import Passkey, PasskeyChallenge, User
from people.passkeys import ceremony
from people.passkeys.rows import PasskeyChallenge as Challenge
from tests.people.authenticator import b64
from tests.people.passkeys import (
    DOMAIN,
    FACTOR,
    LOG_IN,
    OWN,
    by_password,
    enrol,
    give_factor,
    inside,
    is_in,
    kinds,
    log_in,
    make,
    options,
)


def test_a_passkey_is_the_second_factor(officer):
    device = enrol(officer)
    assert not is_in(by_password(officer))
    assert is_in(give_factor(officer, device))
    assert Passkey.objects.get().sign_count == device.count > 1


def test_a_passkey_that_verifies_its_user_logs_in_by_itself(officer):
    client = log_in(enrol(officer))
    assert is_in(client)
    assert client.get(OWN).wsgi_request.user.username == "chen"


def test_the_options_ask_for_what_the_standard_names(officer):
    device = enrol(officer)
    wanted = options(inside(officer), "enrol")
    assert wanted["rp"]["id"] == DOMAIN and wanted["attestation"] == "none"
    assert [one["id"] for one in wanted["excludeCredentials"]] == [b64(device.id)]
    assert {-7, -257} <= {one["alg"] for one in wanted["pubKeyCredParams"]}
    alone, after = options(Client(), "log_in"), options(by_password(officer), "second_factor")
    assert alone["userVerification"] == "required" and not alone.get("allowCredentials")
    assert [one["id"] for one in after["allowCredentials"]] == [b64(device.id)]
    assert len({one["challenge"] for one in (wanted, alone, after)}) == 3
    assert "chen" not in str(device.handle) and len(device.handle) == 32


def test_without_user_verification_it_is_a_second_factor_and_no_log_in(officer):
    device = enrol(officer, verifies=False)
    assert not is_in(log_in(device))
    assert is_in(give_factor(officer, device))


WRONG = {
    "another site": {"origin": "https://evil.example"},
    "the same name without TLS": {"origin": "http://testserver"},
    "another domain": {"domain": "evil.example"},
    "another challenge": {"challenge": b64(b"x" * 32)},
    "another ceremony": {"type": "webauthn.create"},
    "no signature of it": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    "nobody was there": {"flags": 0},
    "another user's handle": {"handle": b"y" * 32},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_right_opens_nothing(officer, wrong):
    device = enrol(officer)
    assert not is_in(log_in(device, **wrong))
    assert not is_in(give_factor(officer, device, **wrong))
    assert is_in(log_in(device))


def test_a_log_in_needs_the_users_handle(officer):
    device = enrol(officer)
    assert not is_in(log_in(device, handle=b""))
    assert is_in(give_factor(officer, device, handle=b""))  # keys that are not discoverable


def test_another_officers_passkey_is_no_second_factor(officer):
    device = enrol(make("wang"))
    assert not is_in(give_factor(officer, device))
    assert is_in(give_factor(User.objects.get(username="wang"), device))


@pytest.mark.parametrize("purpose", ["log_in", "second_factor", "enrol"])
def test_a_challenge_is_for_one_purpose_and_person(officer, purpose):
    key, _ = ceremony.begin(Challenge.Purpose(purpose), None if purpose == "log_in" else officer,
                            clock_now())  # fmt: skip
    wang = make("wang")
    for other in Challenge.Purpose:
        for user in (None, officer, wang):
            if (other, user) == (purpose, None if purpose == "log_in" else officer):
                continue
            with pytest.raises(ActionRejected):
                ceremony.take(str(key), other, user, clock_now())
    user = None if purpose == "log_in" else officer
    assert len(ceremony.take(str(key), Challenge.Purpose(purpose), user, clock_now())) == 32


@pytest.mark.parametrize("synced", [False, True])
def test_an_answer_serves_once(officer, synced):
    """Also one of a synced passkey, whose count is always 0 and says nothing."""
    device, client = enrol(officer, synced=synced), Client()
    answer = device.get(options(client, "log_in"))
    key = client.session["passkey_challenge"]
    client.post(LOG_IN, {"credential": answer})
    assert is_in(client)
    again = Client()
    options(again, "log_in")
    session = again.session
    session["passkey_challenge"] = key
    session.save()
    again.post(LOG_IN, {"credential": answer})
    assert not is_in(again)


def test_a_challenge_of_five_minutes_ago_is_over(officer):
    device, client = enrol(officer), Client()
    answer = device.get(options(client, "log_in"))
    row = PasskeyChallenge.objects.get()
    assert 290 < (row.expires_at - clock_now()).total_seconds() <= 300
    row.expires_at = clock_now()
    row.save()
    client.post(LOG_IN, {"credential": answer})
    assert not is_in(client)
    assert not PasskeyChallenge.objects.exists()


def test_a_failed_answer_uses_the_challenge_up(officer):
    device, client = enrol(officer), Client()
    wanted = options(client, "log_in")
    key = client.session["passkey_challenge"]
    client.post(LOG_IN, {"credential": device.get(wanted, origin="https://evil.example")})
    session = client.session
    session["passkey_challenge"] = key
    session.save()
    client.post(LOG_IN, {"credential": device.get(wanted)})
    assert not is_in(client)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_copy_of_an_authenticator_is_refused_and_an_event(officer, count):
    device = enrol(officer)
    assert is_in(log_in(device, count=3))
    assert not is_in(log_in(device, count=count))
    assert Passkey.objects.get().sign_count == 3
    assert kinds() == ["passkey_enrolled", "passkey_copy_refused"]
    assert not is_in(log_in(device, count=0))  # a key that counted counts on
    device.count = 3
    assert is_in(log_in(device))


GARBAGE = ["", "x", "{}", "[]", "null", "1", "{" * 20_001, '{"id":1}', "[" * 5_000,
           '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA",'
           '"authenticatorData":"AA","signature":"AA"}}',
           '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30",'
           '"attestationObject":"oA"}}']  # fmt: skip


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_with_a_sentence(officer, answer):
    client = Client()
    options(client, "log_in")
    refused = client.post(LOG_IN, {"credential": answer}, follow=True)
    assert refused.redirect_chain[-1][0].startswith("/desk/login/")
    assert "通行密钥" in refused.content.decode()
    client = inside(officer)
    options(client, "enrol")
    sent = {"action": "enrol", "name": "x", "credential": answer}
    assert client.post(OWN, sent).status_code == 422
    client = by_password(officer)
    options(client, "second_factor")
    assert 'role="alert"' in client.post(FACTOR, {"credential": answer}).content.decode()
    assert not is_in(client)
