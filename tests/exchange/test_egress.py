"""A partner's address cannot make us call our own machines: connect() is recorded, none made."""

import ipaddress
import itertools
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from exchange import delivery, endpoints, outbox, webhook_secrets
from exchange.egress import Blocked, check_url, egress_session, public
from exchange.models import Endpoint, Partner, WebhookDelivery
from ledger import clock
from people.errors import ActionRejected
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Receiver

PUBLIC = "93.184.215.14"

INSIDE = [
    "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "localhost", "localhost.", "0", "0.0.0.0", "10.0.0.1", "10.255.255.255",
    "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.1", "169.254.169.254",
    "2852039166", "0xa9fea9fe", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]",
    "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]",
    "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]",
    "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[2001:20::1]",
    "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1",
]  # fmt: skip
FORMS = [
    "https://{}/hook",
    "https://{}:443/",
    "https://{}:6379/",
    "https://{}:80/a?b=c",
    "http://{}/latest/meta-data/",
]
NAMES = [
    "redis", "localhost", "a.localhost", "db.local", "metadata.google.internal", "x.internal.",
    "1.0.0.127.in-addr.arpa", "router.home.arpa",
]  # fmt: skip
ODD = [
    "https://[fe80::1%25eth0]/", "https://例子.example/",
    "", "/", "//127.0.0.1/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x",
    "unix:/run/redis.sock", "javascript:1", "https://", "https:///x", "https://[::1", "https://[::1]x/",
    "https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/",
    "https://:pw@example.com/", "https://@example.com/", "https://example.com:99999/",
    "https://example.com:port/", "https://example.com\\@127.0.0.1/", "http+unix://%2Frun%2Fx/",
]  # fmt: skip


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Where somebody tried to connect to; nobody gets anywhere."""
    tried: list[Any] = []

    def refuse(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError("recorded and refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    return tried


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Names lead where the test says; each further question gets the next answer."""
    real = socket.getaddrinfo

    def play(*answers: list[str]) -> None:
        turns = itertools.chain(answers, itertools.repeat(answers[-1]))

        def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
            try:
                ipaddress.ip_address(str(host).strip("[]"))
            except ValueError:
                return [
                    (
                        socket.AF_INET6 if ":" in found else socket.AF_INET,
                        socket.SOCK_STREAM,
                        6,
                        "",
                        (found, port, 0, 0) if ":" in found else (found, port),
                    )
                    for found in next(turns)
                ]
            return real(host, port, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)

    return play


def send(url: str) -> delivery.Outcome:
    """One attempt to a partner who gave this address."""
    partner, now = Partner.objects.get(code="food"), clock.now()
    endpoint = Endpoint(partner=partner, url=url, created_at=now)
    owed = outbox.notice("food", "application.decided", "application:A", {}, now)
    due = WebhookDelivery(notice=owed, endpoint=endpoint, subject=owed.subject, next_at=now)
    secrets = webhook_secrets.active(partner, webhook_secrets.OUT, now)
    with egress_session() as session:
        return delivery.attempt(session, endpoint, due, secrets, now=now).outcome


@pytest.fixture
def food(keys: None) -> None:
    add_partner("food")


@pytest.mark.parametrize("demo", [False, True])
def test_no_address_of_ours_is_connected_to(
    food: None, connected: list[Any], settings: Any, demo: bool
) -> None:
    settings.DEMO = demo
    tried = 0
    for host, form in itertools.product(INSIDE, FORMS):
        outcome = send(form.format(host))
        assert not outcome.delivered
        tried += 1
    loopback = [a for a in connected if not ipaddress.ip_address(a[0]).is_loopback]
    assert tried >= 300
    assert loopback == [] if demo else connected == []


def test_no_address_of_ours_is_registered(
    food: None, connected: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = False
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.append(args))
    partner, now = Partner.objects.get(code="food"), clock.now()
    tried = [form.format(host) for host, form in itertools.product([*INSIDE, *NAMES], FORMS)]
    for url in [*tried, *ODD]:
        with pytest.raises(ActionRejected) as refused:
            endpoints.add(partner, url, now=now)
        assert refused.value.status == 422, url
    assert len(tried) >= 300 and not Endpoint.objects.exists()
    assert connected == asked == []
    for public_one in (
        "https://hall.example/hook",
        f"https://{PUBLIC}:8443/",
        "https://xn--p1ai.example",
    ):
        assert endpoints.add(partner, public_one, now=now)


@pytest.mark.parametrize("url", ODD)
@pytest.mark.parametrize("demo", [False, True])
def test_what_is_no_plain_web_address_is_not_called(
    food: None, connected: list[Any], settings: Any, url: str, demo: bool
) -> None:
    settings.DEMO = demo
    assert send(url).status == "blocked"
    assert connected == []
    with pytest.raises(Blocked):
        check_url(url)


def test_outside_a_demo_only_https_is_called(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(Blocked):
        check_url("http://agency.example/hook")
    assert check_url("https://agency.example/hook")


def test_a_name_that_leads_inside_is_not_followed(
    food: None, connected: list[Any], settings: Any, resolver: Callable[..., None]
) -> None:
    settings.DEMO = False
    for inside in ("169.254.169.254", "10.1.2.3", "100.100.0.1", "::1", "64:ff9b::a9fe:a9fe"):
        resolver([inside])
        assert send("https://metadata.agency.example/").status == "blocked"
        resolver([inside, PUBLIC])
        assert send("https://metadata.agency.example/").status == "blocked"
    assert connected == []


def test_a_resolver_that_changes_its_mind_gains_nothing(
    food: None, connected: list[Any], settings: Any, resolver: Callable[..., None]
) -> None:
    settings.DEMO = False
    resolver([PUBLIC], ["127.0.0.1"], ["169.254.169.254"])
    assert send("https://rebinding.agency.example/").status == "connection"
    assert {address[0] for address in connected} == {PUBLIC}


def test_the_public_address_that_was_checked_is_the_one_that_is_called(
    food: None, connected: list[Any], settings: Any, resolver: Callable[..., None]
) -> None:
    settings.DEMO = False
    resolver([PUBLIC, "127.0.0.1"])
    send("https://two.agency.example:8443/")
    assert set(connected) == {(PUBLIC, 8443)}


def test_a_redirect_leads_nowhere(food: None, settings: Any) -> None:
    canary, door = Receiver(), Receiver()
    try:
        for status in (301, 302, 303, 307, 308):
            door.answer = lambda got, n, status=status: (status, {"Location": canary.url})
            assert send(door.url).status == str(status)
        assert len(door.got) == 5 and canary.got == []
    finally:
        door.stop()
        canary.stop()


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        (PUBLIC, True),
        ("2606:4700::1111", True),
        (f"::ffff:{PUBLIC}", True),
        ("::ffff:10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
    ],
)
def test_public_is_what_the_registries_of_addresses_call_global(
    address: str, is_public: bool
) -> None:
    assert public(ipaddress.ip_address(address)) is is_public
