"""Answers that are signed and still do not fit the question."""

import datetime as dt
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from demo.city import City
from exchange import protocol
from tests.exchange.conftest import Registry, forget_registries, put

pytestmark = pytest.mark.usefixtures("db")


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
        signature = protocol.sign_answer(
            settings.REGISTRIES["education"]["secret"], question["nonce"], body
        )
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
