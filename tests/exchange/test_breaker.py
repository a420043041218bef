"""The breaker: opens soon, is shared by all processes, probes alone, and does without Redis."""

import subprocess
import sys
import time
from typing import Any

import pytest

from demo.city import City
from exchange import breaker
from exchange.breaker import FAILURES, Breaker
from exchange.registries import query_registries
from ledger import clock
from people.actors import CHECKER
from tests.exchange.conftest import Registry, forget_registries, ours, put, queries

pytestmark = pytest.mark.usefixtures("db")


def allowed_elsewhere() -> str:
    code = "import django; django.setup(); from exchange.breaker import Breaker; "
    code += "print(Breaker('education').allowed())"
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=ours()
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_it_opens_within_ten_calls_and_every_process_sees_it(
    registry: Registry, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "OPEN_FIRST", 120.0)
    monkeypatch.setattr(breaker, "OPEN_MOST", 120.0)
    registry.go_wrong("unavailable", registry="education")
    reasons = [put(city, 0)[0].reason for _ in range(10)]
    assert reasons == ["status_503"] * FAILURES + ["breaker"] * (10 - FAILURES)
    spared = put(city, *range(200))
    assert {(a.reason, a.milliseconds) for a in spared} == {("breaker", 0)}  # nobody waits
    assert allowed_elsewhere() == "False"
    others = query_registries(queries(city, 0, registry="criminal"), by=CHECKER, now=clock.now())
    assert [a.outcome for a in others] == ["found"]


def test_one_probe_at_a_time_finds_out_and_its_success_closes_it_for_all(
    registry: Registry, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "OPEN_FIRST", 1.0)
    monkeypatch.setattr(breaker, "OPEN_MOST", 1.0)
    registry.go_wrong("error")
    for _ in range(FAILURES):
        put(city, 0)
    assert put(city, 0)[0].reason == "breaker"
    time.sleep(1.1)
    assert [Breaker("education").allowed() for _ in range(5)] == [True] + [False] * 4
    # that probe never reports; its place is free after a while
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 1)
    breaker._redis().delete("breaker:education:probe")
    assert put(city, 0)[0].reason == "status_500"  # a probe, and it failed
    assert put(city, 0)[0].reason == "breaker"
    registry.recover()
    time.sleep(1.1)
    assert put(city, 0)[0].outcome == "found"
    assert allowed_elsewhere() == "True"
    assert [a.outcome for a in put(city, 0, 2, 3)] == ["found"] * 3


def test_without_redis_each_process_counts_for_itself_and_nothing_raises(
    registry: Registry, city: City, settings: Any
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    forget_registries()
    registry.go_wrong("error")
    reasons = [put(city, 0)[0].reason for _ in range(FAILURES + 2)]
    assert reasons == ["status_500"] * FAILURES + ["breaker"] * 2


def test_a_single_failure_among_successes_never_opens_it(registry: Registry, city: City) -> None:
    for _ in range(FAILURES + 1):
        registry.go_wrong("error")
        assert put(city, 0)[0].outcome == "failed"
        registry.recover()
        assert put(city, 0)[0].outcome == "found"


@pytest.mark.parametrize("redis_url", ["", "unix:///nowhere/redis.sock"])
def test_what_was_absent_for_two_seconds_is_asked_again_within_three(
    registry: Registry, city: City, settings: Any, redis_url: str
) -> None:
    settings.REDIS_URL = redis_url or settings.REDIS_URL
    forget_registries()
    registry.go_wrong("error")
    ends, asked = time.monotonic() + 2.0, 0
    while time.monotonic() < ends:
        asked += put(city, 0)[0].reason != "breaker"
        time.sleep(0.02)
    assert FAILURES < asked <= FAILURES + 3  # it was spared, and probed
    registry.recover()
    began = time.monotonic()
    while put(city, 0)[0].outcome != "found":
        assert time.monotonic() - began < 3.0
        time.sleep(0.02)


def test_the_pauses_double_up_to_ten_seconds() -> None:
    assert [breaker.open_seconds(n) for n in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert breaker.open_seconds(10_000) == 10
