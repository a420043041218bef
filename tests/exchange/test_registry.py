"""Another agency's registry does everything wrong that it can: nothing it does becomes a fact."""

import contextlib
import datetime as dt
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from exchange import breaker
from exchange.ask import Answer, Want, ask
from exchange.breaker import FAILURES, Breaker
from exchange.city import City
from exchange.models import Lookup
from exchange.registry import protocol
from ledger import clock
from people.actors import CHECKER
from tests.exchange.conftest import SECONDS, Registry, forget_registries

pytestmark = pytest.mark.usefixtures("db")
FIELDS = ("name", "level", "graduated")
SLACK = 0.4  # seconds over the time-out that a busy machine may take


def wants(city: City, *people: int, registry: str = "education") -> list[Want]:
    return [
        Want(f"GS{i}", registry, f"{i:032x}", city.truth(i).number, FIELDS, "落户", "law")
        for i in people
    ]


def ours() -> dict[str, str]:
    """The environment of another process of ours."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}


def put(city: City, *people: int) -> list[Answer]:
    return ask(wants(city, *people), by=CHECKER, now=clock.now())


def test_the_honest_answer_is_the_citys_truth(registry: Registry, city: City) -> None:
    answers = put(city, *range(100))
    for i, answer in enumerate(answers):
        truth = city.truth(i)
        if "education" in truth.silent:
            assert (answer.outcome, answer.reason) == ("failed", "silent")
        elif truth.degree is None:
            assert (answer.outcome, answer.data) == ("absent", {})
        else:
            assert (answer.outcome, answer.data["name"]) == ("found", truth.degree.name)
            assert answer.data.keys() == set(FIELDS)
    assert Lookup.objects.filter(registry="education", by="machine:checker").count() == 100


def test_more_subjects_than_one_call_takes_go_in_several(registry: Registry, city: City) -> None:
    answers = put(city, *range(250))
    assert [a.subject for a in answers] == [f"{i:032x}" for i in range(250)]


EXPECTED = {
    "delay": {"timeout"},
    "drip": {"timeout"},
    "drip_headers": {"timeout"},
    "reset": {"connection", "truncated"},
    "error": {"status_500"},
    "unavailable": {"status_503"},
    "redirect": {"status_302"},
    "garbage": {"unsigned"},
    "deep": {"garbage"},
    "truncated": {"truncated"},
    "other": {"other_person"},
    "stale": {"stale"},
    "old_nonce": {"nonce"},
    "forged": {"unsigned"},
    "huge": {"too_large", "timeout"},
    "bomb": {"garbage"},
}
SLOW = ("delay", "drip", "drip_headers", "huge")


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_is_a_failed_answer_with_its_reason_in_time(
    registry: Registry,
    city: City,
    close_breakers: Callable[[], None],
    fault: str,
) -> None:
    registry.go_wrong(fault, seconds=0.05 if fault.startswith("drip") else 3)
    for _ in range(3 if fault in SLOW else 20):
        close_breakers()
        began = time.monotonic()
        answers = put(city, 0, 2, 3)
        assert time.monotonic() - began < SECONDS + SLACK
        assert {a.outcome for a in answers} == {"failed"}
        assert {a.reason for a in answers} <= EXPECTED[fault]
        assert [a.data for a in answers] == [{}, {}, {}]
    assert not Lookup.objects.exclude(outcome="failed").exists()
    registry.recover()
    close_breakers()
    assert [a.outcome for a in put(city, 0, 2, 3)] == ["found"] * 3


def test_no_registry_at_all_is_a_failed_answer(
    registry: Registry, city: City, settings: Any
) -> None:
    with socket.socket() as taken:  # bound and not listening: refuses at once
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings.REGISTRIES["education"] = {**settings.REGISTRIES["education"], "url": url}
        forget_registries()
        assert {a.reason for a in put(city, 0, 1)} == {"connection"}
    settings.REGISTRIES["education"] = {**settings.REGISTRIES["education"], "url": ""}
    forget_registries()
    assert {a.reason for a in put(city, 0, 1)} == {"not_configured"}


def test_a_server_without_proper_tls_is_not_believed(
    registry: Registry, city: City, settings: Any
) -> None:
    url = registry.url.replace("http://", "https://")  # plain HTTP behind an https address
    settings.REGISTRIES["education"] = {**settings.REGISTRIES["education"], "url": url}
    forget_registries()
    assert {a.reason for a in put(city, 0)} == {"tls"}


def test_memory_grows_by_less_than_50_mb_whatever_comes(
    registry: Registry, city: City, close_breakers: Callable[[], None]
) -> None:
    program = """
import datetime, resource, sys
import django
django.setup()
from exchange.adapters.agency import Agency
from exchange.wants import Want
agency = Agency("education", {"url": sys.argv[1], "timeout": 5.0})
want = Want("GS1", "education", "0" * 32, sys.argv[2], ("name",), "落户", "law")
now = datetime.datetime.now(datetime.UTC)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
for _ in range(3):
    print(agency.read([want], now=now)[0].reason)
print((peak() - before) // 1024)
"""
    for fault in ("huge", "bomb", "deep"):
        registry.go_wrong(fault)
        close_breakers()
        said = subprocess.run(
            [sys.executable, "-c", program, registry.url, city.truth(0).number],
            env=ours(),
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr
        said = said.stdout.split()
        assert set(said[:3]) <= EXPECTED[fault]
        assert int(said[3]) < 50, f"{fault}: {said[3]} MB"


class Script(threading.Thread):
    """A server that gives each connection the next of its raw answers."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__(daemon=True)
        self.answers = list(answers)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.taken = 0
        self.start()

    def run(self) -> None:
        for answer in self.answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.taken += 1
                if answer:
                    connection.recv(65536)
                    connection.sendall(answer)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.join(2)
        self.listener.close()


@pytest.fixture
def script(settings: Any, registry: Registry) -> Iterator[Callable[..., Script]]:
    running: list[Script] = []

    def play(*answers: bytes) -> Script:
        running.append(Script(*answers))
        settings.REGISTRIES["education"] = {
            **settings.REGISTRIES["education"],
            "url": running[-1].url,
        }
        forget_registries()
        return running[-1]

    yield play
    for one in running:
        one.stop()


def test_a_broken_connection_is_tried_once_more_and_not_twice(
    script: Callable[..., Script], city: City
) -> None:
    server = script(b"", b"", b"", b"")
    assert put(city, 0)[0].reason == "connection"
    assert server.taken == 2


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nboo",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"F" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 999 \xff\xfe\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"\x00" * 1000,
    ],
)
def test_broken_http_raises_nothing(script: Callable[..., Script], city: City, head: bytes) -> None:
    script(head, head)
    [answer] = put(city, 0)
    assert (answer.outcome, answer.data) == ("failed", {})


def signed(settings: Any, change: Callable[[dict[str, Any]], Any]) -> Callable[[Any, bytes], bytes]:
    """A registry with the right key whose answers have been changed by somebody within."""

    def answer(headers: Any, raw: bytes) -> bytes:
        question = json.loads(raw)
        honest = {
            "registry": question["registry"],
            "nonce": question["nonce"],
            "answered_at": dt.datetime.now(dt.UTC).isoformat(),
            "answers": [
                {
                    "number": s["number"],
                    "outcome": "found",
                    "version": "1",
                    "data": {"name": "张三"},
                }
                for s in question["subjects"]
            ],
        }
        told = change(honest)
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        signature = protocol.sign_answer(settings.REGISTRY_SECRET, question["nonce"], body)
        return (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
            f"{protocol.SIGNATURE}: {signature}\r\n\r\n"
        ).encode() + body

    return answer


def item(**change: Any) -> Callable[[dict[str, Any]], Any]:
    def apply(honest: dict[str, Any]) -> dict[str, Any]:
        honest["answers"][0].update(change)
        return honest

    return apply


def whole(**change: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda honest: {**honest, **change}


NESTED: Any = "x"
for _ in range(1500):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "change",
    [
        item(data={"name": 7}),
        item(data={"name": 1.5}),
        item(data={"name": "a\0b"}),
        item(data={"名": "x"}),
        item(data={"name": "x" * 70_000}),
        item(data=None),
        item(data=[]),
        item(data="found"),
        item(outcome="maybe"),
        item(outcome=None),
        item(outcome=["found"]),
        item(version=7),
        item(version="v" * 41),
        item(number=None),
        item(number=["x"]),
        item(number="11010519491231002X"),
        whole(answers=[]),
        whole(answers=None),
        whole(answers={"a": 1}),
        whole(answers=[None]),
        whole(answers=["x"]),
        whole(answered_at="yesterday"),
        whole(answered_at="2026-01-01T00:00:00"),
        whole(answered_at=None),
        whole(answered_at="9999-12-31T23:59:59+00:00"),
        whole(nonce=""),
        whole(nonce=None),
        whole(registry="criminal"),
        lambda honest: {**honest, "answers": honest["answers"] * 2},
        lambda honest: b"null",
        lambda honest: b"[]",
        lambda honest: b"",
        lambda honest: b"\xef\xbb\xbf{}",
        lambda honest: json.dumps(honest).encode("utf-16"),
        lambda honest: b'{"a":' * 2000 + b"1" + b"}" * 2000,
        lambda honest: json.dumps({**honest, "x": "\ud800"}).encode(),
        lambda honest: json.dumps(honest).replace("张三", "x").encode()[:-1],
    ],
)
def test_a_signed_answer_that_does_not_fit_is_no_fact(
    registry: Registry, city: City, settings: Any, change: Callable[[dict[str, Any]], Any]
) -> None:
    answer = signed(settings, change)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            raw = b""
            while b"\r\n\r\n" not in raw:
                raw += connection.recv(65536)
            head, _, body = raw.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            connection.sendall(answer(None, body))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings.REGISTRIES["education"] = {**settings.REGISTRIES["education"], "url": url}
    forget_registries()
    [got] = put(city, 0)
    thread.join(5)
    listener.close()
    assert (got.outcome, got.data) == ("failed", {}), got


def test_the_server_refuses_a_question_that_is_forged_stale_or_replayed(
    registry: Registry, settings: Any
) -> None:
    url = f"{registry.url}/v1/education/query"
    stamp, nonce = str(int(time.time())), "n" * 32
    body = json.dumps({"registry": "education", "nonce": nonce, "subjects": []}).encode()

    def post(secret: str, stamp: str, nonce: str, body: bytes) -> int:
        signature = protocol.sign_request(secret, stamp, nonce, body)
        headers = {
            protocol.TIMESTAMP: stamp,
            protocol.NONCE: nonce,
            protocol.SIGNATURE: signature,
        }
        return requests.post(url, data=body, headers=headers, timeout=5).status_code

    ours = settings.REGISTRY_SECRET
    assert post(ours + "x", stamp, nonce, body) == 401
    assert post(ours, str(int(time.time()) - 400), nonce, body) == 401
    assert post(ours, "١٢٣", nonce, body) == 401 if "١٢٣".isascii() else True
    assert post(ours, stamp, "short", body) == 401
    assert post(ours, stamp, nonce, body) == 200
    assert post(ours, stamp, nonce, body) == 401  # once only
    assert post(ours, stamp, "m" * 32, b"[1]") == 400
    assert post(ours, stamp, "k" * 32, body) == 400  # another question's body


def test_the_server_answers_over_a_unix_socket_too(
    city: City, settings: Any, tmp_path: Any, keys: None
) -> None:
    path = tmp_path / "r.sock"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "registry", "serve", "--unix", str(path), "--persons", "400"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().split()[-1] == str(path)
        settings.REGISTRIES = {
            **settings.REGISTRIES,
            "education": {**settings.REGISTRIES["education"], "url": f"unix:{path}"},
        }
        forget_registries()
        assert [a.outcome for a in put(city, 0, 2)] == ["found", "found"]
    finally:
        forget_registries()
        process.terminate()
        process.wait(5)
        process.stdout.close()


# the breaker


def allowed_elsewhere() -> str:
    code = "import django; django.setup(); from exchange.breaker import Breaker; "
    code += "print(Breaker('education').allowed())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ours())
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_it_opens_within_ten_calls_and_every_process_sees_it(
    registry: Registry, city: City
) -> None:
    registry.go_wrong("unavailable", registry="education")
    reasons = [put(city, 0)[0].reason for _ in range(10)]
    assert reasons == ["status_503"] * FAILURES + ["breaker"] * (10 - FAILURES)
    assert allowed_elsewhere() == "False"
    began = time.monotonic()
    assert {a.reason for a in put(city, *range(200))} == {"breaker"}
    assert time.monotonic() - began < SECONDS  # nobody waits for a registry that is down
    assert [
        a.outcome for a in ask(wants(city, 0, registry="criminal"), by=CHECKER, now=clock.now())
    ] == ["found"]


def test_one_probe_at_a_time_finds_out_and_its_success_closes_it_for_all(
    registry: Registry, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.2)
    registry.go_wrong("error")
    for _ in range(FAILURES):
        put(city, 0)
    assert put(city, 0)[0].reason == "breaker"
    time.sleep(0.25)
    assert [Breaker("education").allowed() for _ in range(5)] == [True] + [False] * 4
    # that probe never reports; its place is free after a while
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 1)
    breaker._redis().delete("breaker:education:probe")
    assert put(city, 0)[0].reason == "status_500"  # a probe, and it failed
    assert put(city, 0)[0].reason == "breaker"
    registry.recover()
    time.sleep(0.25)
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


def test_a_request_line_holds_no_id_number(registry: Registry) -> None:
    host, port = registry.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.request("GET", "/v1/education/query?number=11010519491231002X")
    assert connection.getresponse().status == 404
    connection.close()
