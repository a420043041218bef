"""Answers that are signed and still do not fit the question."""

import dataclasses
import datetime as dt
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from demo.city import City
from exchange import protocol
from exchange.models import Lookup
from exchange.registries import Answer, query_registries
from ledger import clock
from people.actors import CHECKER
from tests.exchange.conftest import Registry, forget_registries, put, queries

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
    [got] = put_to_changed(settings, city, change, 0)
    assert (got.outcome, got.data) == ("failed", {}), got


def put_to_changed(
    settings: Any, city: City, change: Callable[[dict[str, Any]], Any], *people: int
) -> list[Answer]:
    """Ask about ``people`` a registry whose honest answer is changed before it is signed."""
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
    answers = put(city, *people)
    thread.join(5)
    listener.close()
    return answers


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: [], "silent"),
        (lambda one: [one, {**one, "data": {"name": "李四"}}], "contradiction"),
        (lambda one: [{**one, "number": "11010519491231002X"}], "other_person"),
        (lambda one: [None], "malformed"),
        (lambda one: [{**one, "data": {"name": 1.5}}], "malformed"),
        (lambda one: [{**one, "outcome": "maybe"}], "malformed"),
    ],
)
def test_a_fault_in_one_item_fails_its_own_subject_alone(
    registry: Registry, city: City, settings: Any, change: Callable[[Any], Any], reason: str
) -> None:
    spoiled = city.person(3).number

    def apply(honest: dict[str, Any]) -> dict[str, Any]:
        items = [change(i) if i["number"] == spoiled else [i] for i in honest["answers"]]
        return {**honest, "answers": [one for some in items for one in some]}

    got = put_to_changed(settings, city, apply, 0, 1, 2, 3, 4, 5)
    assert (got[3].outcome, got[3].reason) == ("failed", reason)
    assert {a.outcome for i, a in enumerate(got) if i != 3} <= {"found", "absent"}


def test_two_cases_of_one_person_are_one_question_with_all_fields(
    registry: Registry, city: City
) -> None:
    asked = queries(city, 0, 2, 0)
    stated = (("A", ("name",)), ("B", ("name",)), ("C", ("level", "school")))
    first, other, second = (
        dataclasses.replace(query, case=case, fields=fields)
        for query, (case, fields) in zip(asked, stated, strict=True)
    )
    got = query_registries([first, other, second], by=CHECKER, now=clock.now())
    assert [a.outcome for a in got] == ["found"] * 3
    person = city.record("education", first.number)
    assert person is not None
    assert got[0].data == {"name": person["name"]}
    assert got[2].data == {"level": person["level"], "school": person["school"]}
    cases = Lookup.objects.filter(subject=first.subject).values_list("case", flat=True)
    assert sorted(cases) == ["A", "C"]
