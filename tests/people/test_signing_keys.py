"""Registering and revoking one's own signing key at the desk."""

import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import DatabaseError, connection, transaction
from django.test import Client

from ledger.models import Event
from people.models import Authenticator, Office, SigningKey, User
from tests import officers
from tests.people.passkeys import FACTOR, by_password, inside

PAGE = "/desk/signing-key/"


def reviewer(username: str, role: str = "technical") -> User:
    Office.objects.get_or_create(code="hrss", defaults={"name_zh": "人", "name_en": "H"})
    office = "hrss" if role == "legal" else None
    user = officers.make(username, role, office_id=office, password="!")
    device = Authenticator(user=user, name="a", confirmed=True)
    device.encrypt(b"12345678901234567890")
    device.save()
    return user


@pytest.fixture
def ding(db: None, settings: Any) -> User:
    settings.SECOND_FACTOR = True
    return reviewer("ding")


def pem(key: Ed25519PrivateKey | None = None) -> str:
    public = (key or Ed25519PrivateKey.generate()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def register(client: Client, key: str) -> Any:
    return client.post(PAGE, {"action": "register", "key": key})


def test_a_key_is_registered_and_revoked_with_its_events(ding: User) -> None:
    client = inside(ding)
    assert register(client, pem()).status_code == 302
    key = SigningKey.objects.get()
    page = client.get(PAGE).content.decode()
    assert key.kid in page and 'name="key"' not in page
    assert register(client, pem()).status_code == 409, "one is in use"
    sent = {"action": "revoke", "kid": key.kid, "reason": "换了电脑"}
    assert client.post(PAGE, {**sent, "reason": " "}).status_code == 422
    assert client.post(PAGE, sent).status_code == 302
    assert client.post(PAGE, sent).status_code == 409
    assert "换了电脑" in client.get(PAGE).content.decode()
    told = Event.objects.filter(subject="officer:ding").order_by("seq")
    kinds = [(one.kind, one.by) for one in told]
    assert kinds == [
        ("signing_key_registered", "officer:ding"),
        ("signing_key_revoked", "officer:ding"),
    ]
    assert orjson.loads(told[1].data) == {"kid": key.kid, "reason": "换了电脑"}
    assert register(client, pem()).status_code == 302, "another one may follow"


def test_keys_as_openssh_and_openssl_write_them(ding: User, tmp_path: Path) -> None:
    """The programs that officers have make both forms; a private half is never sent back."""
    client, file = inside(ding), tmp_path / "key"
    subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(file)], check=True)
    for private in (file.read_text(), "x -----BEGIN PRIVATE KEY-----\nMC4CAQ"):
        answer = register(client, private)
        page = answer.content.decode()
        assert answer.status_code == 422 and "这是私钥" in page
        assert private[-30:-2] not in page
    assert register(client, file.with_suffix(".pub").read_text()).status_code == 302
    kid = SigningKey.objects.get().kid
    client.post(PAGE, {"action": "revoke", "kid": kid, "reason": "试用完毕"})
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(file)], check=True
    )  # fmt: skip
    made = subprocess.run(
        ["openssl", "pkey", "-in", str(file), "-pubout"], check=True, capture_output=True, text=True
    )
    assert register(client, made.stdout).status_code == 302
    assert SigningKey.objects.count() == 2


def test_what_is_no_key_is_refused_and_stays_in_the_field(ding: User, tmp_path: Path) -> None:
    client, file = inside(ding), tmp_path / "key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed448", "-out", str(file)], check=True)
    other = subprocess.run(
        ["openssl", "pkey", "-in", str(file), "-pubout"], check=True, capture_output=True, text=True
    )
    # a point of order 4: under it one signature fits many texts
    weak = "MCowBQYDK2VwAyEA" + "A" * 43 + "="
    cases = (
        ("", "不是 PEM"),
        ("ssh-ed25519 AAAA", "不是 PEM"),
        ("x" * 3000, "内容过长"),
        (other.stdout, "只接受 Ed25519"),
        (f"-----BEGIN PUBLIC KEY-----\n{weak}\n-----END PUBLIC KEY-----\n", "不安全"),
    )
    for text, words in cases:
        answer = register(client, text)
        page = answer.content.decode()
        assert answer.status_code == 422 and words in page, (text, page)
        assert text.strip()[:1000] in page
    assert not SigningKey.objects.exists()


def test_another_officers_key_is_neither_taken_nor_revoked(ding: User) -> None:
    key, other = Ed25519PrivateKey.generate(), inside(reviewer("han", "legal"))
    assert register(inside(ding), pem(key)).status_code == 302
    assert register(other, pem(key)).status_code == 409
    kid = SigningKey.objects.get().kid
    sent = {"action": "revoke", "kid": kid, "reason": "不是我的"}
    assert other.post(PAGE, sent).status_code == 404
    assert kid not in other.get(PAGE).content.decode()
    assert SigningKey.objects.get().retired_at is None


def test_it_wants_a_second_factor_given_lately_and_a_reviewer(ding: User) -> None:
    for client in (inside(ding, ago=16 * 60), by_password(ding), Client()):
        answer = register(client, pem())
        assert answer.status_code == 302 and not SigningKey.objects.exists()
    stale = inside(ding, ago=16 * 60)
    assert register(stale, pem())["Location"].startswith(f"{FACTOR}?again=1")
    assert 'name="key"' not in stale.get(PAGE).content.decode()
    policy = inside(reviewer("li", "policy"))
    assert policy.get(PAGE).status_code == register(policy, pem()).status_code == 403


def test_postgresql_keeps_keys_as_they_are(ding: User) -> None:
    register(inside(ding), pem())
    for wrong in (
        "UPDATE people_signingkey SET user_id = user_id + 1",
        "UPDATE people_signingkey SET public = public || public",
        "UPDATE people_signingkey SET retired_at = now()",
        "DELETE FROM people_signingkey",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(wrong)
