"""Enrolling, naming and removing passkeys; what PostgreSQL keeps; whom they are made for."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import Client

from config.passkeys import party
from ledger import rotation
from ledger.models import Event
from people.models import Authenticator as Totp
from people.models import Passkey, User
from people.passkeys import actions, ceremony
from tests import officers
from tests.people.authenticator import Authenticator, b64
from tests.people.passkeys import (
    DOMAIN,
    FACTOR,
    ORIGIN,
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


def test_a_removed_passkey_opens_nothing_and_ends_its_sessions(officer):
    device = enrol(officer)
    session = log_in(device)
    assert is_in(session)
    row = Passkey.objects.get()
    answer = inside(officer).post(OWN, {"action": "remove", "passkey": row.pk})
    assert answer.status_code == 302 and not Passkey.objects.exists()
    assert not is_in(session) and not is_in(log_in(device))
    client = by_password(officer)
    wanted = options(client, "second_factor")
    assert not wanted.get("allowCredentials")
    client.post(FACTOR, {"credential": device.get(wanted)})
    assert not is_in(client)
    events = Event.objects.filter(subject="officer:chen").order_by("seq")
    assert [(e.kind, e.by) for e in events] == [
        ("passkey_enrolled", "officer:chen"),
        ("passkey_removed", "officer:chen"),
    ]
    assert json.loads(events[1].data) == {"passkey": row.fingerprint, "name": "手机"}


def test_names_are_the_owners(officer):
    enrol(officer)
    enrol(make("wang"))
    mine, other = Passkey.objects.order_by("pk")
    client = inside(officer)
    for passkey, status in (
        (mine.pk, 302), (other.pk, 404), (0, 404), ("x", 404), ("9" * 5000, 404), ("\u0663", 404),
        ([mine.pk, other.pk], 422),
    ):  # fmt: skip
        sent = {"action": "rename", "passkey": passkey, "name": "办公室"}
        assert client.post(OWN, sent).status_code == status
        assert client.post(OWN, {**sent, "action": "remove"}).status_code == status
    assert Passkey.objects.get() == other and other.name == "手机"
    assert kinds() == ["passkey_enrolled", "passkey_renamed", "passkey_removed"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\u202eb"])
def test_a_name_is_one(officer, name):
    enrol(officer)
    sent = {"action": "rename", "passkey": Passkey.objects.get().pk, "name": name}
    assert inside(officer).post(OWN, sent).status_code in (400, 422)
    assert Passkey.objects.get().name == "手机"


def test_enrolment_needs_a_second_factor_given_lately(officer):
    device = Authenticator(ORIGIN, DOMAIN)
    for client in (Client(), by_password(officer), inside(officer, ago=16 * 60)):
        refused = client.post("/desk/passkeys/challenge/", {"purpose": "enrol"})
        assert refused.status_code == 403
    wanted = options(inside(officer), "enrol")
    stale = inside(officer, ago=16 * 60)
    sent = {"action": "enrol", "name": "x", "credential": device.create(wanted)}
    assert stale.post(OWN, sent)["Location"].startswith(f"{FACTOR}?again=1")
    assert by_password(officer).post(OWN, sent).status_code == 302
    assert not Passkey.objects.exists()


def test_the_second_factor_given_again_permits_it(officer):
    device = enrol(officer)
    client = inside(officer, ago=16 * 60)
    assert "again=1" in client.get(OWN).content.decode()
    sent = {"credential": device.get(options(client, "second_factor")), "again": "1", "next": OWN}
    assert client.post(FACTOR, sent)["Location"] == OWN
    assert "again=1" not in client.get(OWN).content.decode()
    assert options(client, "enrol")


def test_a_passkey_is_enrolled_once_and_ten_of_one_officer(officer, monkeypatch):
    device, client = enrol(officer), inside(officer)
    sent = {"action": "enrol", "name": "x"}
    answer = device.create(options(client, "enrol"))
    assert client.post(OWN, sent | {"credential": answer}).status_code == 409
    wang = inside(make("wang"))  # nor may it be another's
    answer = device.create(options(wang, "enrol"))
    assert wang.post(OWN, sent | {"credential": answer}).status_code == 409
    monkeypatch.setattr(actions, "MOST", 1)
    answer = Authenticator(ORIGIN, DOMAIN).create(options(client, "enrol"))
    assert client.post(OWN, sent | {"credential": answer}).status_code == 409
    assert Passkey.objects.count() == 1


def test_enrolment_for_another_site_is_refused(officer):
    client = inside(officer)
    for wrong in ({"origin": "https://evil.example"}, {"domain": "evil.example"},
                  {"challenge": b64(b"x" * 32)}, {"type": "webauthn.get"}):  # fmt: skip
        answer = Authenticator(ORIGIN, DOMAIN).create(options(client, "enrol"), **wrong)
        sent = {"action": "enrol", "name": "x", "credential": answer}
        assert client.post(OWN, sent).status_code == 422
    assert not Passkey.objects.exists()


def test_a_barred_officers_passkey_opens_nothing(officer):
    device = enrol(officer)
    officers.change("chen", is_active=False)
    assert not is_in(log_in(device))


def test_a_reset_by_two_administrators_removes_passkeys(officer):
    from people import officers as accounts

    device = enrol(officer)
    first, second = officers.administrators()
    accounts.change_at_once(
        kind="second_factor", username="chen", proposed_by=first, confirmed_by=second
    )
    assert not Passkey.objects.exists() and not Totp.objects.exists()
    assert not is_in(log_in(device))
    assert b'id="secret"' in by_password(officer).get(FACTOR).content  # the next log-in enrols


def test_whoever_has_a_passkey_is_never_offered_a_new_authenticator_for_a_password(officer):
    enrol(officer)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_authenticator SET confirmed = false")
    page = by_password(officer).get(FACTOR).content.decode()
    assert 'id="secret"' not in page and 'id="passkey"' in page


def test_under_another_address_there_are_no_passkeys(officer, settings):
    settings.PASSKEY_ORIGINS = ["https://miaopi.example"]
    assert "passkey" not in Client().get("/desk/login/", follow=True).content.decode()
    assert Client().post("/desk/passkeys/challenge/", {"purpose": "log_in"}).status_code == 403
    assert 'data-passkey="create"' not in inside(officer).get(OWN).content.decode()


def test_the_pages_carry_the_forms_hidden_until_the_script_shows_them(officer):
    enrol(officer)
    for client, address in (
        (Client(), "/desk/login/?next=/desk/"),
        (by_password(officer), FACTOR),
        (inside(officer), OWN),
    ):
        answer = client.get(address)
        page = answer.content.decode()
        assert "data-passkey=" in page and "people/passkeys.js" in page
        form = page[page.index("data-passkey=") :]
        assert " hidden>" in form[: form.index("<input")]
        assert "http" not in answer["Content-Security-Policy"]


# ------------------------------------------------------------------ whoever writes past Django


def test_postgresql_keeps_what_a_passkey_is(officer):
    enrol(officer)
    citizen = User.objects.create(username="citizen", role="citizen")
    copy = (
        "INSERT INTO people_passkey (user_id, name, confirmed, credential, public_key, sign_count,"
        " transports, is_synced) SELECT {}, name, confirmed, sha256(credential), public_key, 0,"
        " transports, is_synced FROM people_passkey"
    )
    for statement in (
        copy.format(citizen.pk),
        "UPDATE people_passkey SET sign_count = 0",
        "UPDATE people_passkey SET credential = sha256(credential)",
        f"UPDATE people_passkey SET user_id = {make('wang').pk}",
        "UPDATE people_passkey SET name = ''",
        "INSERT INTO people_passkey (user_id, name, confirmed, credential, public_key, sign_count,"
        " transports, is_synced) SELECT user_id, name, confirmed, credential, public_key,"
        " sign_count, transports, is_synced FROM people_passkey",
    ):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_passkey_written_by_sql_into_another_account_opens_nothing(officer):
    """Its row has the plain key, or that of the insider's own passkey."""
    device = Authenticator(ORIGIN, DOMAIN)
    insider = make("wang")
    own = enrol(insider)
    encrypted = bytes(Passkey.objects.get(user=insider).public_key)
    for credential, key in ((device.id, device.cose()), (device.id, encrypted)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO people_passkey (user_id, name, confirmed, credential, public_key,"
                " sign_count, transports, is_synced, created_at)"
                " VALUES (%s, 'x', true, %s, %s, 0, '[]', false, now())",
                [officer.pk, credential, key],
            )
            device.handle = ceremony.handle(officer)
            assert not is_in(log_in(device)) and not is_in(give_factor(officer, device))
            transaction.set_rollback(True)
    assert is_in(log_in(own))


def test_the_public_key_does_not_lie_in_clear(officer):
    device = enrol(officer)
    kept = bytes(Passkey.objects.get().public_key)
    assert device.cose()[-32:] not in kept and Passkey.objects.get().key() == device.cose()


def test_a_rotated_key_comes_into_use_with_the_passkey(officer, now):
    device = enrol(officer)
    new = bytes.fromhex(rotation.rotate("authenticator", now))
    assert bytes(Passkey.objects.get().public_key)[1:5] != new
    assert is_in(log_in(device))
    assert bytes(Passkey.objects.get().public_key)[1:5] == new


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("site", "domain", "origins", "expected"),
    [
        ("https://sz.example", "", [], ("sz.example", ["https://sz.example"])),
        ("http://127.0.0.1:8000", "", [], ("localhost", ["http://localhost:8000"])),
        ("https://203.0.113.7", "", [], ("", [])),  # no passkey is made for a bare address
        ("http://sz.example", "", [], ("", [])),  # nor without TLS
        (
            "https://www.sz.example",
            "sz.example",
            ["https://www.sz.example", "https://desk.sz.example:8443"],
            ("sz.example", ["https://www.sz.example", "https://desk.sz.example:8443"]),
        ),
    ],
)
def test_whom_passkeys_are_made_for(site, domain, origins, expected):
    assert party(site, domain, origins) == expected


@pytest.mark.parametrize(
    ("domain", "origins"),
    [
        ("sz.example", []),
        ("", ["https://sz.example"]),
        ("203.0.113.7", ["https://203.0.113.7"]),
        ("sz.example", ["http://sz.example"]),
        ("sz.example", ["https://evilsz.example"]),
        ("sz.example", ["https://sz.example/"]),
        ("sz.example", ["https://sz.example", "https://other.example"]),
    ],
)
def test_wrong_settings_stop_the_process(domain, origins):
    with pytest.raises(ImproperlyConfigured):
        party("https://sz.example", domain, origins)
