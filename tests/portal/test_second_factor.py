"""An officer's second factor, from the first log-in on. Codes are computed by RFC 6238 here."""

import base64
import hashlib
import hmac
import os
import re
import struct
import subprocess
import sys
import time

import pytest
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection
from django.test import Client

from ledger import encryption, keys, rotation
from people.models import Authenticator, Office, User
from tests import officers

PASSWORD = "correct-horse-battery"


def totp(secret: str, steps: int = 0) -> str:
    """RFC 6238: HMAC-SHA-1 over the 30-second step, truncated to six digits (RFC 4226 §5.3)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // 30 + steps
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def test_our_own_reckoning_agrees_with_the_standard(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 59)  # RFC 6238, appendix B: 94287082
    assert totp(base64.b32encode(b"12345678901234567890").decode()) == "287082"


@pytest.fixture
def keys_folder(db, settings, tmp_path, now):
    """Keys of this test alone, for one rotates them."""
    settings.KEYS_DIR, settings.KEY_MAKERS = tmp_path / "keys", ()
    keys.cache.forget()
    rotation.make(now)
    yield
    keys.cache.forget()


@pytest.fixture
def officer(keys_folder, settings) -> User:
    settings.SECOND_FACTOR = True
    settings.OTP_TOTP_THROTTLE_FACTOR = settings.OTP_STATIC_THROTTLE_FACTOR = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Office.objects.get_or_create(
        code="hrss", defaults={"name_zh": "人", "name_en": "H", "uscc": "1" * 18}
    )
    return officers.enrol(
        username="chen", name="陈", role="clerk", office="hrss", password=make_password(PASSWORD)
    )


def by_password(page: str = "/desk/login/") -> Client:
    client = Client()
    sent = {"username": "chen", "password": PASSWORD, "next": "/desk/"}
    assert client.post(page, sent).status_code == 302
    return client


def enrol(client: Client) -> tuple[str, list[str]]:
    page = client.get("/desk/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/desk/second-factor/")
    body = page.content.decode()
    assert "data:image/svg+xml" in body
    secret = re.search(r'id="secret">([A-Z2-7]+)<', body)[1]
    wrong = "000000" if totp(secret) != "000000" else "000001"
    refused = client.post("/desk/second-factor/", {"code": wrong})
    assert 'role="alert"' in refused.content.decode()
    assert client.get("/desk/").status_code == 302
    done = client.post("/desk/second-factor/", {"code": totp(secret)}).content.decode()
    return secret, re.findall(r"<li>([0-9a-f]{5}-[0-9a-f]{5})</li>", done)


@pytest.mark.parametrize("page", ["/desk/login/", "/login/"])
def test_a_password_alone_opens_nothing(officer, page):
    client = by_password(page)
    for address in ("/desk/", "/desk/approvals/application/", "/certificates/x/"):
        answer = client.get(address)
        assert answer.status_code == 302 and "login" in answer["Location"]


def test_the_first_login_enrols_and_the_next_ones_ask(officer):
    client = by_password()
    secret, codes = enrol(client)
    assert len(set(codes)) == 10
    assert client.get("/desk/").status_code == 200

    again = by_password()
    page = again.get("/desk/", follow=True).content.decode()
    assert secret not in page and 'id="secret"' not in page
    used = again.post("/desk/second-factor/", {"code": totp(secret)})  # it served before
    assert used.status_code == 200
    assert again.get("/desk/").status_code == 302
    sent = {"code": totp(secret, 1), "next": "/desk/approvals/application/"}
    assert again.post("/desk/second-factor/", sent)["Location"] == sent["next"]
    assert again.get("/desk/").status_code == 200


def test_a_recovery_code_serves_once_and_is_not_kept_in_clear(officer):
    _, codes = enrol(by_password())
    from django_otp.plugins.otp_static.models import StaticToken

    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10 and not kept & {c.replace("-", "") for c in codes}
    first, second = by_password(), by_password()
    assert first.post("/desk/second-factor/", {"code": codes[0].upper()}).status_code == 302
    assert first.get("/desk/").status_code == 200
    assert second.post("/desk/second-factor/", {"code": codes[0]}).status_code == 200
    assert second.get("/desk/").status_code == 302


def whole_database() -> str:
    """Every row of every table as PostgreSQL writes it, as one who has a backup reads it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found).lower()


def test_no_secret_lies_in_clear_in_the_database(officer):
    secret, codes = enrol(by_password())
    raw = base64.b32decode(secret)
    everything = whole_database()
    assert "chen" in everything  # this is the database that the officer is in
    forms = [secret, raw.hex(), base64.b64encode(raw).decode(), raw.hex(" ")]
    forms += [form for code in codes for form in (code, code.replace("-", ""))]
    assert [form for form in forms if form.lower() in everything] == []


def test_a_secret_in_another_officers_row_opens_nothing(officer):
    """An insider with the database puts the secret of the own authenticator in another's row."""
    enrol(by_password())
    other = officers.enrol(username="wang", name="王", role="clerk", office="hrss")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_authenticator SET user_id = %s", [other.pk])
    with pytest.raises(encryption.DecryptionError):
        Authenticator.objects.get(user=other).verify_token("123456")


def test_a_rotated_key_comes_into_use_at_the_next_login(officer, now):
    secret, _ = enrol(by_password())
    new = bytes.fromhex(rotation.rotate("authenticator", now))
    assert bytes(Authenticator.objects.get().secret)[1:5] != new
    again = by_password()
    assert again.post("/desk/second-factor/", {"code": totp(secret, 1)}).status_code == 302
    assert bytes(Authenticator.objects.get().secret)[1:5] == new
    assert again.get("/desk/").status_code == 200


def test_an_officer_has_one_authenticator(officer):
    enrol(by_password())
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_authenticator (user_id, name, confirmed, secret, drift, last_step,"
            " throttling_failure_count) SELECT user_id, name, confirmed, secret, 0, -1, 0"
            " FROM people_authenticator"
        )


def test_the_way_on_leads_nowhere_else(officer):
    client = by_password()
    _, codes = enrol(client)
    again = by_password()
    sent = {"code": codes[0], "next": "//evil.example/"}
    assert again.post("/desk/second-factor/", sent)["Location"] == "/desk/"


def test_wrong_codes_make_the_device_wait(officer, settings):
    secret, _ = enrol(by_password())
    settings.OTP_TOTP_THROTTLE_FACTOR = 60
    again = by_password()
    assert again.post("/desk/second-factor/", {"code": "000000"}).status_code == 200
    assert again.post("/desk/second-factor/", {"code": totp(secret, 1)}).status_code == 200


def test_production_refuses_to_start_without_it():
    names = ("PATH", "HOME", "LANG")
    clean = {name: os.environ[name] for name in names if name in os.environ}
    clean |= {"SECRET_KEY": "x" * 50, "SECOND_FACTOR": "0"}
    code = [sys.executable, "-c", "import config.settings"]
    run = subprocess.run(code, env=clean, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and "SECOND_FACTOR" in run.stderr
