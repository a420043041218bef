"""Another agency's registry does everything wrong that it can: nothing it does becomes a fact."""

import contextlib
import datetime as dt
import http.client
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

from demo.city import City
from exchange import protocol
from exchange.models import Lookup
from exchange.registry_keys import demo_key
from tests.exchange.conftest import FIELDS, SECONDS, Registry, forget_registries, ours, put

pytestmark = pytest.mark.usefixtures("db")
SLACK = 0.4  # seconds over the time-out that a busy machine may take


def test_the_honest_answer_is_the_citys_truth(registry: Registry, city: City) -> None:
    answers = put(city, *range(100))
    for i, answer in enumerate(answers):
        person = city.person(i)
        if "education" in person.silent:
            assert (answer.outcome, answer.reason) == ("failed", "silent")
        elif person.degree is None:
            assert (answer.outcome, answer.data) == ("absent", {})
        else:
            assert (answer.outcome, answer.data["name"]) == ("found", person.degree.name)
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
    "replayed": {"nonce"},
    "swapped": {"unsigned"},
    "other_direction": {"unsigned"},
    "other_registry": {"unsigned"},
    "ended_key": {"unsigned"},
    "algorithm": {"unsigned"},
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
from exchange.queries import Query
from django.conf import settings
config = {**settings.REGISTRIES["education"], "url": sys.argv[1], "timeout": 5.0}
agency = Agency("education", config)
query = Query("GS1", "education", "0" * 32, sys.argv[2], ("name",), "落户", "law")
now = datetime.datetime.now(datetime.UTC)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
for _ in range(3):
    print(agency.read([query], now=now)[0].reason)
print((peak() - before) // 1024)
"""
    for fault in ("huge", "bomb", "deep"):
        registry.go_wrong(fault)
        close_breakers()
        said = subprocess.run(
            [sys.executable, "-c", program, registry.url, city.person(0).number],
            env=ours(),
            check=False,
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


def test_the_server_refuses_a_question_that_is_forged_stale_or_replayed(
    registry: Registry,
) -> None:
    now, early = dt.datetime.now(dt.UTC), dt.timedelta(seconds=400)
    ours = demo_key("education", "question", "Ed25519")

    def post(key: protocol.Key, nonce: str, at: dt.datetime = now, **more: Any) -> int:
        asked = {"subjects": [], **more}
        body = protocol.question(key, "education", nonce, at, asked)
        url = f"{registry.url}/v2/education/query"
        return requests.post(url, data=body, timeout=5).status_code

    assert post(protocol.generated("Ed25519"), "n" * 32) == 401
    assert post(demo_key("education", "answer", "Ed25519"), "n" * 32) == 401
    assert post(demo_key("credit", "question", "Ed25519"), "n" * 32) == 401
    assert post(demo_key("education", "question", "Ed25519", is_ended=True), "n" * 32) == 401
    assert post(ours, "n" * 32, now - early) == 401
    assert post(ours, "n" * 32, iat="yesterday") == 401
    assert post(ours, "short") == 401
    assert post(ours, "n" * 32) == 200
    assert post(ours, "n" * 32) == 401  # once only
    assert post(ours, "m" * 32, subjects=[1]) == 400
    assert post(ours, "k" * 32, aud="credit") == 400  # a question to another registry


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


def test_a_request_line_holds_no_id_number(registry: Registry) -> None:
    host, port = registry.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.request("GET", "/v2/education/query?number=11010519491231002X")
    assert connection.getresponse().status == 404
    connection.close()
