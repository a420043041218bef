"""Whoever comes too often is asked to wait (429), in both languages; nobody else is."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import get_resolver

from config import rates as pages
from config.rates import PAGES, counted
from people import proxies, rates
from people.models import User
from people.rates import Leases, Rate
from tests.approvals.program import Program, assert_problem, body

HERE, THERE = "198.51.100.7", "198.51.100.8"
# portal's forms that cost nothing to answer
UNCOUNTED = {"logout", "elder", "set_language", "messages", "draft", "bundle-draft"}


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    """What this process remembers beside Redis, which is emptied before each test."""
    yield from _forgotten()


def _forgotten() -> Iterator[None]:
    for _ in range(2):
        rates._quiet["until"] = 0.0
        rates._limiter.cache_clear()
        rates.programs.cache_clear()
        proxies._seen.clear()
        proxies._recent.clear()
        if not _:
            yield


def client(username: str = "", address: str = HERE) -> Client:
    made = Client(REMOTE_ADDR=address)
    if username:
        user = User.objects.get(username=username)
        made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def statuses(send: Any, times: int) -> list[int]:
    return [send().status_code for _ in range(times)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three a minute, of everything."""
    few = {
        name: pages.Counted(Rate(p.rate.name, "3/minute"), p.methods, p.by, p.only)
        for name, p in PAGES.items()
    }
    monkeypatch.setattr(pages, "PAGES", few)
    monkeypatch.setattr(pages, "_SEARCH", few["portal:home"])
    monkeypatch.setattr(rates, "LOOKUP", few["certificates:verify"].rate)


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/login/", {"username": "x", "password": "y"}),
        ("POST", "/desk/login/", {"username": "x", "password": "y"}),
        ("POST", "/login/persona/", {"username": "nobody"}),
        ("POST", "/passkeys/challenge/", {"purpose": "x"}),
        ("POST", "/passkeys/log-in/", {"credential": "x"}),
        ("POST", "/verify/", {"number": "x"}),
        ("GET", "/verify/x", {}),
        ("POST", "/verify/file/", {}),
        ("GET", "/", {"q": "落户"}),
        ("POST", "/", {"q": "落户"}),
        ("GET", "/api/v1/certificates/x", {}),
        ("GET", "/api/v1/applications/x/documents/01900000-0000-7000-8000-000000000001", {}),
    ],
)
def test_one_address_waits_and_another_does_not(
    furnished: None, few: None, method: str, path: str, sent: dict[str, str]
) -> None:
    here, there = client(), client(address=THERE)
    ask = {"GET": lambda c: c.get(path, sent), "POST": lambda c: c.post(path, sent)}[method]
    assert 429 not in statuses(lambda: ask(here), 3)
    refused = ask(here)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 61
    text = refused.content.decode()
    assert "过于频繁" in text and "Too many requests" in text
    assert ask(there).status_code != 429


@pytest.mark.parametrize(
    ("username", "method", "path", "sent"),
    [
        ("graduate", "POST", "/services/graduate_settlement/apply/", {"step": "check"}),
        ("graduate", "GET", "/", {"q": "落户"}),
        ("clerk-hrss", "GET", "/desk/approvals/application/", {"q": "MP"}),
        (
            "clerk-hrss",
            "GET",
            "/desk/autocomplete/?app_label=approvals&model_name=decision&field_name=application",
            {"term": "x"},
        ),
    ],
)
def test_one_person_waits_from_everywhere_and_another_does_not(
    furnished: None, few: None, username: str, method: str, path: str, sent: dict[str, str]
) -> None:
    me, elsewhere = client(username), client(username, THERE)
    other = client("trader" if username == "graduate" else "clerk-market")

    def ask(who: Client) -> Any:
        if method == "POST":
            return who.post(path, sent)
        return who.get(
            path, {**dict(p.split("=") for p in path.partition("?")[2].split("&") if p), **sent}
        )

    assert 429 not in statuses(lambda: ask(me), 3)
    assert ask(elsewhere).status_code == 429
    assert ask(other).status_code != 429


def test_reading_is_not_counted(furnished: None, few: None) -> None:
    me, desk = client("graduate"), client("clerk-hrss")
    for path in ("/", "/login/", "/cases/", "/services/graduate_settlement/apply/", "/verify/"):
        assert statuses(lambda: me.get(path), 8) == [200] * 8  # noqa: B023 - called at once
    assert statuses(lambda: desk.get("/desk/approvals/application/"), 8) == [200] * 8


def test_each_page_of_the_table_exists_and_each_form_of_the_portal_is_in_it() -> None:
    known = {
        f"{space}:{name}"
        for space, (_, resolver) in get_resolver().namespace_dict.items()
        for name in resolver.reverse_dict
        if isinstance(name, str)
    }
    assert set(PAGES) <= known | {name for name in get_resolver().reverse_dict if name}
    reading = {"home", "about", "service", "cases", "case", "state", "receipt", "wallet"}
    reading |= {"manifest", "worker", "offline", "session"}
    reading |= {"accesses", "answers", "message", "invitation"}
    reading |= {"bundle", "bundle-case", "bundle-state"}
    reading |= {"life", "help", "contact", "privacy", "accessibility", "catalogue", "service-data"}
    forms = {n.removeprefix("portal:") for n in known if n.startswith("portal:")} - reading
    assert {f"portal:{n}" for n in forms - UNCOUNTED} <= set(PAGES)
    assert counted("admin:people_user_changelist") is pages._SEARCH


def test_a_program_waits_and_another_does_not(
    furnished: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROGRAM_RATE = "5/minute"
    window, other = Program(), Program("university")
    assert [window.get("/api/v1/applications/MP1").status for _ in range(5)] == [404] * 5
    refused = window.post(body())
    assert_problem(refused, 429, "too_many")
    assert int(refused.headers["Retry-After"]) > 0
    assert other.get("/api/v1/applications/MP1").status == 404


def test_one_round_trip_a_count_and_one_for_fifty_of_a_program(
    redis_client: redis.Redis, furnished: None
) -> None:
    def commands(work: Any) -> int:
        before = redis_client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
        work()
        after = redis_client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
        return int(after - before)

    one = client()
    one.post("/verify/", {"number": "x"})  # loads the script
    assert commands(lambda: one.post("/verify/", {"number": "x"})) == 1
    leases = Leases(Rate("program", "30000/minute"))
    leases.take("window")  # loads the script, and takes fifty
    assert commands(lambda: [leases.take("window") for _ in range(549)]) == 10


def test_a_program_is_told_what_its_agency_has_left(redis_client: redis.Redis) -> None:
    leases = Leases(Rate("program", "5/minute"))
    found = [leases.take("window") for _ in range(7)]
    assert [one.left for one in found if one] == [4, 3, 2, 1, 0, 0, 0]
    assert [one.is_over for one in found if one] == [False] * 5 + [True] * 2
    assert all(1 <= one.seconds <= 60 for one in found if one)
    assert found[0] and found[0].fields["RateLimit-Policy"] == '"program";q=5;w=60'
    assert re.fullmatch(r'"program";r=4;t=\d+', found[0].fields["RateLimit"])


def test_each_answer_to_a_program_says_what_is_left(furnished: None, settings: Any) -> None:
    settings.PROGRAM_RATE = "9/minute"
    program = Program()
    answers = [program.get(path) for path in ("/api/v1/applications/MP1", "/api/v1/consents")]
    assert [answer.status for answer in answers] == [404, 200]
    for answer in answers:
        assert answer.headers["RateLimit-Policy"].startswith('"program";q=')
        assert answer.headers["RateLimit"].startswith('"program";r=')
    last = [program.get("/api/v1/consents") for _ in range(8)][-1]
    assert last.status == 429 and last.headers["RateLimit"].startswith('"program";r=0;t=')
    assert last.headers["RateLimit"].endswith(f"t={last.headers['Retry-After']}")
    assert "RateLimit" not in Program("").get("/api/v1/services").headers


def test_a_count_ends_with_its_window(redis_client: redis.Redis) -> None:
    rate = Rate("short", "2/second")
    assert [rates.is_over(rate, "x") for _ in range(3)] == [False, False, True]
    assert 1 <= rates.seconds_left(rate, "x") <= 2
    time.sleep(1.1)
    assert not rates.is_over(rate, "x")


def test_without_redis_nobody_is_refused(
    furnished: None, few: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    rates._limiter.cache_clear()
    one = client()
    began = time.monotonic()
    assert 429 not in statuses(lambda: one.post("/verify/", {"number": "x"}), 8)
    assert time.monotonic() - began < 5
    lines = [r for r in caplog.records if "nobody is refused" in r.message]
    assert len(lines) == 1 and lines[0].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("proxies_in_front", "peer", "forwarded"),
    [
        (0, "10.0.0.1", "192.0.2.1"),  # nginx is there, and the setting is not
        (0, "", "192.0.2.1"),
        (0, "", ""),  # a socket without a proxy's word
        (2, "10.0.0.1", "192.0.2.1"),  # one proxy, and two are believed
        (1, "10.0.0.1", ""),
        (1, "", "unknown"),
    ],
)
def test_a_wrong_number_of_proxies_refuses_nobody_and_is_shown(
    furnished: None,
    few: None,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    proxies_in_front: int,
    peer: str,
    forwarded: str,
) -> None:
    settings.PROXY_COUNT = proxies_in_front
    assert client().get("/ready/").json()["addresses"] == "ok"
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    all_of_them = Client(REMOTE_ADDR=peer, **headers)
    assert 429 not in statuses(lambda: all_of_them.post("/verify/", {"number": "x"}), 8)
    assert client().get("/ready/").json()["addresses"] == "doubtful"
    assert client().get("/ready/").json()["status"] == "degraded"
    (line,) = [r for r in caplog.records if r.name == "people.proxies"]
    assert "PROXY_COUNT" in line.message and line.levelno == logging.ERROR
    assert "192.0.2.1" not in line.message


def test_two_proxies_where_one_is_believed_are_seen_by_what_is_always_the_same(
    settings: Any, rf: Any
) -> None:
    settings.PROXY_COUNT, settings.DEMO = 1, False
    for n in range(proxies.ALIKE):
        assert not proxies.are_doubtful()
        seen = f"203.0.113.{n % 250}, 10.0.0.5"  # the outer proxy, for everybody
        proxies.counted_address(rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=seen))
    assert proxies.are_doubtful()


def test_a_right_number_of_proxies_is_not_doubted(settings: Any, rf: Any) -> None:
    settings.PROXY_COUNT, settings.DEMO = 1, False
    for n in range(2 * proxies.ALIKE):
        one = rf.get("/", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=f"9.9.9.9, 10.1.{n % 7}.1")
        assert proxies.counted_address(one) == f"10.1.{n % 7}.1"
    assert not proxies.are_doubtful()


def test_an_unknown_address_does_not_lock_everybody_out(furnished: None, settings: Any) -> None:
    """Wrong passwords of all who have no address are not one's; an account's own still count."""
    settings.RATES = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for n in range(101):
        sent = {"username": f"nobody{n}", "password": "x"}
        assert Client(REMOTE_ADDR="").post("/login/", sent).status_code == 200
