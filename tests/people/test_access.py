"""Wrong passwords through a proxy: what is counted, and that it keeps nobody else out."""

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from config.proxies import networks
from people import access, forwarded
from people.models import Office, User
from tests import officers

PASSWORD = "correct-horse-battery"


@pytest.fixture
def officer(furnished, settings) -> User:
    settings.PROXY_COUNT, settings.RATES = 1, False  # what is counted here are wrong passwords
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Office.objects.get_or_create(
        code="hrss", defaults={"name_zh": "人", "name_en": "H", "uscc": "1" * 18}
    )
    return officers.enrol(
        username="chen",
        name="陈",
        role="clerk",
        office="hrss",
        password=make_password(PASSWORD),
    )


def log_in(address: str, password: str, page: str = "/desk/login/", username: str = "chen") -> int:
    """Post the form as nginx hands it on over a Unix socket: it appends the client's address."""
    sent = {"username": username, "password": password, "next": "/desk/?secret=110101"}
    return (
        Client()
        .post(page, sent, REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=f"203.0.113.250, {address}")
        .status_code
    )


@pytest.mark.parametrize("page", ["/desk/login/", "/login/"])
def test_ten_wrong_passwords_stop_one_account_from_one_address(officer, page):
    assert [log_in("198.51.100.7", "wrong", page) for _ in range(10)][:9] == [200] * 9
    assert log_in("198.51.100.7", PASSWORD, page) == 429


def test_nobody_locks_an_officer_out_from_another_address(officer):
    assert log_in("192.0.2.1", PASSWORD) == 302  # the officer's own
    for n in range(60):
        log_in(f"198.51.100.{n // 9}", f"wrong{n}")
    assert log_in("198.51.100.200", PASSWORD) == 429  # a stranger, after 50 wrong ones
    assert log_in("192.0.2.1", PASSWORD) == 302


def test_what_a_stopped_address_goes_on_trying_stops_no_other(officer):
    for n in range(60):
        log_in("198.51.100.7", f"wrong{n}")
    assert log_in("198.51.100.7", PASSWORD) == 429
    assert log_in("192.0.2.9", PASSWORD) == 302


def test_one_address_cannot_try_all_accounts(officer):
    for n in range(100):
        log_in("198.51.100.7", "wrong", username=f"nobody{n}")
    assert log_in("198.51.100.7", PASSWORD) == 429
    assert log_in("198.51.100.8", PASSWORD) == 302


def test_a_success_removes_the_count(officer):
    for _ in range(3):
        assert [log_in("198.51.100.7", "wrong") for _ in range(8)] == [200] * 8
        assert log_in("198.51.100.7", PASSWORD) == 302


def test_what_was_typed_is_not_kept_in_clear(officer, caplog):
    log_in("198.51.100.7", "wrong", username="110101199003070011")
    log_in("198.51.100.7", "wrong", username="x" * 256)
    kept = [str(vars(row)) for m in (AccessAttempt, AccessFailureLog) for row in m.objects.all()]
    assert kept
    for text in [*kept, caplog.text]:
        assert "110101" not in text
        assert "xxxx" not in text


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),  # without a proxy the header is anybody's
        (0, "", "", access.NO_ADDRESS),  # a Unix socket
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "127.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),
        (2, "127.0.0.1", "203.0.113.9, 192.0.2.1, 10.9.0.1", "192.0.2.1"),
        (2, "127.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),  # past the outer one
        (2, "::ffff:127.0.0.1", "203.0.113.9, 192.0.2.1, 10.9.0.1", "192.0.2.1"),
        (1, "10.0.0.1", "192.0.2.1", "10.0.0.1"),  # near us, but no proxy of ours
        (2, "10.0.0.1", "192.0.2.1", "10.0.0.1"),
        (2, "127.0.0.1", "192.0.2.1, 10.0.0.1", "10.0.0.1"),  # whom the inner one saw is none
        (1, "nonsense", "192.0.2.1", access.NO_ADDRESS),
        (1, "", "unknown", access.NO_ADDRESS),
        (1, "", "192.0.2.1:5678", "192.0.2.1"),
        (1, "", "[2001:db8::1:2:3:4]:443", "2001:db8::"),
        (1, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (1, "", "", access.NO_ADDRESS),
    ],
)
def test_the_address_is_the_one_that_the_outermost_proxy_saw(
    settings, proxies, peer, forwarded, client
):
    settings.PROXY_COUNT = proxies
    settings.PROXY_ADDRESSES = networks(["127.0.0.0/8", "10.9.0.0/16"])
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)
    assert access.client_address(request) == client


@pytest.mark.parametrize(
    ("peer", "is_believed"), [("", True), ("127.0.0.1", True), ("10.0.0.1", False)]
)
def test_only_a_proxy_says_that_a_page_was_asked_for_by_tls(settings, peer, is_believed):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen = []
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https")
    forwarded.Scheme(lambda one: seen.append(one.is_secure()))(request)
    assert seen == [is_believed]
    assert settings.MIDDLEWARE[1] == settings.PROGRAM_MIDDLEWARE[1] == "people.forwarded.Scheme"


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "0.0.0.0/0", "::/0", "proxy.internal", ""])
def test_proxies_are_addresses_and_never_everybody(wrong):
    with pytest.raises(ImproperlyConfigured, match="PROXY_ADDRESSES"):
        networks(["127.0.0.1", wrong])


@pytest.mark.parametrize(
    ("after", "status"), [([29 * 60] * 3, 200), ([31 * 60], 302), ([25 * 60] * 20, 302)]
)
def test_an_officers_session_ends_by_itself(officer, monkeypatch, after, status):
    client, at = Client(), [1_772_416_800.0]
    monkeypatch.setattr("people.second_factor.time.time", lambda: at[0])
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/desk/").status_code == 200
    for seconds in after:
        at[0] += seconds
        last = client.get("/desk/")
        if last.status_code == 302:
            break
    assert last.status_code == status


def test_personal_pages_are_not_stored_by_the_browser(officer):
    client = Client()
    assert not Client().get("/about/").has_header("Cache-Control")
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    for page in ("/", "/about/", "/wallet/", "/desk/"):
        assert "no-store" in client.get(page)["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"content_type": "application/x-www-form-urlencoded; charset=utf-16"},
        {"content_type": "application/json; charset=gbk"},
    ],
)
@pytest.mark.parametrize("page", ["/login/", "/display/", "/verify/"])
def test_compressed_or_other_charsets_are_refused(db, page, headers):
    kind = headers.get("content_type", "application/x-www-form-urlencoded")
    more = {k: v for k, v in headers.items() if k != "content_type"}
    assert Client().post(page, b"a=1", content_type=kind, **more).status_code == 415
