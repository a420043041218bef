"""C14: guessing behind the documented proxy, locking an officer out, and what a log-in leaves."""

import contextlib
import itertools

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from demo import accounts
from people.models import User

pytestmark = pytest.mark.usefixtures("furnished")

NAME = "clerk-hrss"
DOORS = ("/desk/login/", "/login/")
OFFICE, THIEF, HOME = "198.51.100.7", "203.0.113.9", "192.0.2.33"  # RFC 5737


@pytest.fixture(autouse=True)
def quick_hashes(furnished, settings):
    """Thousands of guesses are hashed here; how is not what is attacked."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashed = make_password(accounts.password())
    User.objects.filter(is_staff=True).update(password=hashed)


def attempt(password, *, door="/desk/login/", name=NAME, address=THIEF, claims=(), **more):
    """Log in through one proxy, which appends the address that it sees to what was claimed."""
    client = Client(raise_request_exception=False)
    header = ", ".join([*claims, address])
    sent = {"username": name, "password": password, **more}
    response = client.post(door, sent, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=header)
    return client, response


def is_in(response):
    return response.status_code == 302


@pytest.fixture
def proxied(settings):
    settings.PROXY_COUNT = 1


CLAIMS = {
    "nothing": lambda n: (),
    "another address each time": lambda n: (f"10.0.{n}.1",),
    "the officer's address": lambda n: (OFFICE,),
    "a hundred addresses": lambda n: tuple(f"10.{n}.0.{i}" for i in range(100)),
    "no address": lambda n: ("unknown", f"x{n}"),
    "a loopback": lambda n: ("127.0.0.1", "::1"),
    "empty ones": lambda n: ("",) * n,
    "with ports": lambda n: (f"10.0.0.{n}:{1000 + n}",),
    "quotes": lambda n: (f'"[2001:db8::{n}]:80"',),
}


FULL_ONLY = {
    "test_thirty_guesses_and_then_the_right_password_do_not_get_in": {
        "nothing", "no address", "a loopback", "empty ones", "with ports", "quotes"
    },
    "test_another_spelling_of_the_name_does_not_begin_a_new_count": {"spaces before"},
}  # fmt: skip


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_thirty_guesses_and_then_the_right_password_do_not_get_in(claims, proxied):
    for n, door in zip(range(30), itertools.cycle(DOORS), strict=False):
        assert not is_in(attempt(f"wrong {n}", door=door, claims=claims(n))[1])
    for door in DOORS:
        client, response = attempt(accounts.password(), door=door, claims=claims(77))
        assert not is_in(response), door
        assert client.get("/desk/", REMOTE_ADDR="127.0.0.1").status_code == 302


def spelled(n):
    """The same name to Django, which takes NFKC of what is typed; each n another spelling."""
    letters = [chr(ord(c) + 0xFEE0) if n >> i & 1 else c for i, c in enumerate(NAME)]
    return "".join(letters)


@pytest.mark.parametrize(
    "spelling",
    [spelled, lambda n: NAME + " " * (n % 50), lambda n: " " * (n % 50) + NAME],
    ids=["full-width", "spaces behind", "spaces before"],
)
def test_another_spelling_of_the_name_does_not_begin_a_new_count(spelling, proxied):
    for n in range(1, 30):
        attempt(f"wrong {n}", name=spelling(n))
    for name in (NAME, spelling(30)):
        assert not is_in(attempt(accounts.password(), name=name)[1]), name


def test_the_officer_at_another_address_is_not_locked_out(proxied):
    """Sixty are more than one account may have from everywhere; this address is known."""
    assert is_in(attempt(accounts.password(), address=OFFICE)[1])
    for n in range(60):
        attempt(f"wrong {n}", door=DOORS[n % 2])
    for door in DOORS:
        assert is_in(attempt(accounts.password(), door=door, address=OFFICE)[1])


def test_nobody_is_locked_out_by_claiming_to_be_at_that_persons_address(proxied):
    for n in range(30):
        attempt(f"wrong {n}", claims=(OFFICE,))
    assert is_in(attempt(accounts.password(), address=OFFICE)[1])


def test_one_address_does_not_try_one_password_on_every_officer(proxied):
    """Guessing wide is guessing too: an address has a limit, whatever names it tries."""
    for n in range(105):
        attempt("123456", name=f"officer-{n}", door=DOORS[n % 2])
    assert not is_in(attempt(accounts.password())[1])
    assert is_in(attempt(accounts.password(), address=OFFICE)[1])


def test_without_a_proxy_the_header_counts_for_nothing(settings):
    settings.PROXY_COUNT = 0
    client = Client()
    for n in range(30):
        client.post(
            "/desk/login/",
            {"username": NAME, "password": f"wrong {n}"},
            REMOTE_ADDR=THIEF,
            HTTP_X_FORWARDED_FOR=f"10.0.0.{n}",
        )
    sent = {"username": NAME, "password": accounts.password()}
    assert not is_in(client.post("/desk/login/", sent, REMOTE_ADDR=THIEF))
    assert is_in(Client().post("/desk/login/", sent, REMOTE_ADDR=OFFICE))


def test_a_success_resets_the_count(proxied):
    for _ in range(4):
        for n in range(8):
            attempt(f"wrong {n}", address=OFFICE)
        assert is_in(attempt(accounts.password(), address=OFFICE)[1])


def test_the_thiefs_own_account_does_not_reset_the_count_of_another(proxied):
    """Between guesses he logs in as himself."""
    for n in range(30):
        attempt(f"wrong {n}")
        if n % 5 == 4:
            attempt(accounts.password(), name="clerk-market-2")
    assert not is_in(attempt(accounts.password())[1])


@pytest.mark.parametrize("doors", [2, 1])
def test_ipv6_in_one_network_is_one_visitor(doors, proxied):
    """A subscriber has 2**64 addresses (RFC 6177)."""
    for n in range(30):
        attempt(f"wrong {n}", address=f"2001:db8:7:7::{n:x}", door=DOORS[n % doors])
    assert not is_in(attempt(accounts.password(), address="2001:db8:7:7::ffff")[1])
    assert is_in(attempt(accounts.password(), address="2001:db8:7:8::1")[1])


ODD = [
    "",
    ",",
    " , ,",
    "x" * 9000,
    "999.1.1.1",
    "10.0.0.1, ",
    "\u202e",
    "10.0.0.1;",
    "::ffff:10.0.0.1",
]


@pytest.mark.parametrize("header", ODD, ids=ascii)
def test_whatever_the_header_says_nobody_is_answered_500(header, settings):
    for count in (0, 1, 2, 5):
        settings.PROXY_COUNT = count
        client = Client(raise_request_exception=False)
        with contextlib.suppress(UnicodeEncodeError):  # no client can send that either
            for door in (*DOORS, "/"):
                sent = {"username": NAME, "password": "wrong"}
                response = client.post(
                    door, sent, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=header
                )
                assert response.status_code < 500


def test_what_was_typed_is_kept_nowhere_in_clear(proxied):
    """People type their password, or their ID number, where the name belongs."""
    typed = ("Tr0ub4dor&3 is my password", "44030519881122333X")
    for text in typed:
        for door in DOORS:
            attempt("wrong", name=text, door=door, next=f"/cases/?q={text}")
            client = Client()
            client.post(f"{door}?next=/{text}", {"username": text, "password": text})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')"
        )
        for table, column in cursor.fetchall():
            for text in typed:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s',
                    [f"%{text}%"],
                )
                assert cursor.fetchone() == (0,), (table, column)


def test_the_session_from_before_the_log_in_is_not_the_one_after():
    client = Client()
    client.cookies["session"] = "a" * 32  # one that an attacker chose
    client.get("/login/")
    client.post("/login/persona/", {"username": "graduate"})
    first = client.cookies["session"].value
    assert first != "a" * 32
    thief = Client()
    thief.cookies["session"] = "a" * 32
    assert thief.get("/cases/").status_code == 302
    client.post("/login/persona/", {"username": "trader"})  # somebody else at the same machine
    assert client.cookies["session"].value != first
    thief.cookies["session"] = first
    assert thief.get("/cases/").status_code == 302
    last = client.cookies["session"]
    assert last["httponly"] and last["samesite"] in ("Lax", "Strict")
    kept = last.value
    client.post("/logout/")
    thief.cookies["session"] = kept
    assert thief.get("/cases/").status_code == 302


ELSEWHERE = [
    "//evil.example/", "https://evil.example/", "///evil.example", "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example", "http:///evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,x", "/\t/evil.example", "/\n/evil.example", "//evil.example@testserver/",
    "https://testserver@evil.example/", "https://testserver.evil.example/", "ftp://testserver/",
    "//testserver:80@evil.example", "http://testserver\\@evil.example", "/%2F/evil.example/..",
    "\u202e//evil.example", "//evil。example", "https://evil.example/?testserver", "//[::1]/",
    "/%09/evil.example", "\x00//evil.example", "http://testserver:evil.example", " //evil.example",
]  # fmt: skip


@pytest.mark.parametrize("where", ELSEWHERE, ids=ascii)
def test_no_way_on_leads_away_from_the_site(where):
    def stays(response):
        to = response.get("Location", "")
        assert response.status_code < 500
        assert to == "" or (to.startswith("/") and to[1:2] not in ("/", "\\", "\t", "\n")), to

    for door in DOORS:
        sent = {"username": NAME, "password": accounts.password(), "next": where}
        stays(Client(raise_request_exception=False).post(door, sent))
        client = Client(raise_request_exception=False)
        stays(client.post(door, sent, query_params={"next": where}))
        stays(client.get(door, {"next": where}))  # logged in by now
    client = Client(raise_request_exception=False)
    stays(client.post("/login/persona/", {"username": "graduate", "next": where}))
    stays(client.post("/display/", {"on": "1", "next": where}))
    stays(client.post("/language/", {"language": "en", "next": where}))
    stays(client.post("/language/", {"language": "en"}, headers={"referer": where.strip()[:50]}))
    stays(client.post("/logout/", {"next": where}))
    stays(client.post("/desk/logout/", {"next": where}))
