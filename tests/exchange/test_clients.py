"""Clients are made, listed and ended by commands, and ended at the desk."""

import base64
import datetime as dt
import hashlib
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from exchange.models import Client
from exchange.oauth import certificates
from people import rights
from tests import officers
from tests.exchange.oauth import Program, assert_error, program

pytestmark = pytest.mark.usefixtures("furnished")
GRANT = {"grant_type": "client_credentials"}


def partners(*words: str) -> str:
    out = io.StringIO()
    call_command("partners", *words, stdout=out)
    return out.getvalue()


def client_of_output(text: str) -> Program:
    """Return the client whose credentials a command has printed."""
    found = re.fullmatch(r"client_id=(\S+) client_secret=(\S+)\n", text)
    assert found, text
    return Program(Client.objects.get(client_id=found[1]), found[2])


def test_a_command_makes_a_client_changes_its_secret_and_ends_it() -> None:
    words = ("--name", "柜面系统", "--scopes", "webhooks", "--services", "sole_trader")
    first = client_of_output(partners("client", "add", "window", *words))
    assert first.ask(**GRANT).json()["scope"] == "webhooks"
    second = client_of_output(partners("client", "secret", first.row.client_id))
    assert {one.ask(**GRANT).status_code for one in (first, second)} == {200}
    third = client_of_output(partners("client", "secret", first.row.client_id, "--hours", "0"))
    for one in (first, second):
        assert_error(one.ask(**GRANT), 401, "invalid_client")
    assert third.ask(**GRANT).status_code == 200
    partners("client", "end", first.row.client_id)
    assert_error(third.ask(**GRANT), 401, "invalid_client")
    listed = partners("client", "list", "window")
    assert re.search(rf"{first.row.client_id} +ended +webhooks sole_trader 柜面系统", listed)
    assert third.secret not in listed


@pytest.mark.parametrize(
    "words",
    [
        ("add", "nobody", "--name", "x"),
        ("add", "window", "--name", "x", "--scopes", "everything"),
        ("add", "window", "--name", ""),
        ("add", "window", "--name", "x", "--certificate", "nowhere.pem"),
        ("secret", "window-nothing"),
        ("end", "window-nothing"),
    ],
)
def test_a_command_says_what_is_wrong(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        partners("client", *words)
    assert str(refused.value)
    assert Client.objects.count() == 0


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "program")])
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(1).not_valid_before(at)
    return made.not_valid_after(at + dt.timedelta(days=1)).sign(key, hashes.SHA256())


def test_a_certificate_is_read_from_its_file(certificate: x509.Certificate, tmp_path: Path) -> None:
    file = tmp_path / "program.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    one = client_of_output(
        partners("client", "add", "window", "--name", "x", "--certificate", str(file))
    )
    der = certificate.public_bytes(Encoding.DER)
    assert one.row.certificates == [hashlib.sha256(der).hexdigest()]
    assert_error(one.ask(**GRANT), 401, "invalid_client")
    partners("client", "certificates", one.row.client_id)
    assert one.ask(**GRANT).status_code == 200


def test_every_way_of_writing_a_certificate_is_the_same_one(certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(Encoding.DER)
    pem = certificate.public_bytes(Encoding.PEM).decode()
    wanted = hashlib.sha256(der)
    x5t = base64.urlsafe_b64encode(wanted.digest()).rstrip(b"=").decode()
    colons = ":".join(re.findall("..", wanted.hexdigest().upper()))
    encoded = f":{base64.b64encode(der).decode()}:"
    for text in (pem, quote(pem), encoded, wanted.hexdigest(), colons, x5t):
        assert certificates.thumbprint(text) == wanted.hexdigest()
    for text in ("", ":", "::", "x", "a" * 63, "a" * 65, ":!!!:", pem[:-30], "%", pem + pem):
        assert certificates.thumbprint(text) == ""


def at_desk(role: str) -> Browser:
    rights.write_groups()
    browser = Browser()
    officer = officers.make(f"a-{role}", role)
    browser.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def saved(browser: Browser, row: Client, **changes: str) -> Any:
    rows = {"id": str(row.pk), "partner": "window", **changes}
    forms = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "1", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "0"}
    given = {"name_zh": "窗口", "name_en": "Window", "services": "*", "scopes": "*", "active": "on"}
    return browser.post(
        reverse("admin:exchange_partner_change", args=["window"]),
        {
            **given,
            **{f"clients-{name}": value for name, value in forms.items()},
            **{f"clients-0-{name}": value for name, value in rows.items()},
            **{f"endpoints-{name}": "0" for name in forms},
        },
    )


def test_an_operator_ends_a_client_and_changes_nothing_else_of_it() -> None:
    one, browser = program(), at_desk("operator")
    page = browser.get(reverse("admin:exchange_partner_change", args=["window"]))
    assert one.row.client_id in page.content.decode() and one.secret not in page.content.decode()
    assert saved(browser, one.row, scopes="webhooks", name="x").status_code == 302
    before = Client.objects.get()
    assert (before.ended_at, before.scopes, before.name) == (None, ["*"], "柜面系统")
    assert saved(browser, one.row, end="on").status_code == 302
    assert Client.objects.get().ended_at is not None
    assert saved(browser, one.row, end="on").status_code == 302  # once more: nothing happens
    assert_error(one.ask(**GRANT), 401, "invalid_client")


def test_an_auditor_sees_clients_and_ends_none() -> None:
    one, browser = program(), at_desk("auditor")
    page = browser.get(reverse("admin:exchange_partner_change", args=["window"]))
    assert one.row.client_id in page.content.decode()
    assert saved(browser, one.row, end="on").status_code == 403
    assert Client.objects.get().ended_at is None
