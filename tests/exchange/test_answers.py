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
from exchange.registry_keys import demo_key
from ledger import clock
from people.actors import CHECKER
from tests.exchange.conftest import Registry, forget_registries, put, queries

pytestmark = pytest.mark.usefixtures("db")
Told = tuple[dict[str, Any], list[Any]]  # the head of an answer, and its items


def signed(change: Callable[[Told], Any]) -> Callable[[bytes], bytes]:
    """A registry with the right key whose answers have been changed by somebody within."""

    def answer(raw: bytes) -> bytes:
        question = json.loads(protocol.unb64(raw.decode().split(".")[1]))
        items = [
            {"number": s["number"], "outcome": "found", "version": "1", "data": {"name": "张三"}}
            for s in question["subjects"]
        ]
        now = int(dt.datetime.now(dt.UTC).timestamp())
        head = {"iss": question["aud"], "nonce": question["nonce"], "iat": now}
        told = change((head, items))
        body = told if isinstance(told, bytes) else encoded(*told)
        return (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body

    return answer


def encoded(head: dict[str, Any], items: list[Any], salt: str = "s" * 22) -> bytes:
    """The signed answer of ``items``, whatever they are."""
    texts = [json.dumps([f"{salt}{n}", item]) for n, item in enumerate(items)]
    return with_disclosures(head, [protocol.b64(text.encode()) for text in texts])


def with_disclosures(head: dict[str, Any], disclosures: list[str]) -> bytes:
    payload = {"answers": [{"...": protocol.digest(one)} for one in disclosures], **head}
    key = demo_key("education", "answer", "Ed25519")
    return "~".join((protocol.sign(key, protocol.ANSWER, payload), *disclosures, "")).encode()


def item(**change: Any) -> Callable[[Told], Told]:
    def apply(honest: Told) -> Told:
        honest[1][0].update(change)
        return honest

    return apply


def whole(**change: Any) -> Callable[[Told], Told]:
    return lambda honest: ({**honest[0], **change}, honest[1])


def items(change: Callable[[list[Any]], Any]) -> Callable[[Told], Told]:
    return lambda honest: (honest[0], change(honest[1]))


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
        item(version="\ud800"),
        item(version="\0"),
        item(data={"name": "\ud800"}),
        item(number=None),
        item(number=["x"]),
        item(number="11010519491231002X"),
        items(lambda told: []),
        items(lambda told: [None]),
        items(lambda told: ["x"]),
        items(lambda told: told * 2),
        whole(answers=None),
        whole(answers={"a": 1}),
        whole(answers=[]),  # the item is not among what was signed
        whole(iat="yesterday"),
        whole(iat=True),
        whole(iat=1.5),
        whole(iat=None),
        whole(iat=-1),
        whole(iat=2**40),
        whole(iat=253402300799),
        whole(nonce=""),
        whole(nonce=None),
        whole(iss="criminal"),
        whole(_sd_alg="md5"),
        lambda honest: b"null",
        lambda honest: b"[]",
        lambda honest: b"",
        lambda honest: b"~",
        lambda honest: b"..~",
        lambda honest: b"\xef\xbb\xbf" + encoded(*honest),
        lambda honest: encoded(*honest).decode().encode("utf-16"),
        lambda honest: encoded(*honest)[:-1],  # no ~ at the end
        lambda honest: encoded(*honest) + b"x",  # a key binding that nobody asked for
        lambda honest: encoded(*honest).replace(b"~", b"~~", 1),
        lambda honest: encoded(*honest) + encoded(*honest).split(b"~")[1] + b"~",
        lambda honest: encoded(*honest, salt="short"),
        lambda honest: with_disclosures(honest[0], ["e30", "W10", "!!!", ""]),
        lambda honest: with_disclosures(honest[0], [protocol.b64(b"[" * 100_000)]),
        lambda honest: with_disclosures(
            honest[0],
            [
                protocol.b64(
                    b'["ssssssssssssssssssssss",{"number":"%s","outcome":"absent","outcome":"found"}]'
                    % honest[1][0]["number"].encode()
                )
            ],
        ),
    ],
)
def test_a_signed_answer_that_does_not_fit_is_no_fact(
    registry: Registry, city: City, settings: Any, change: Callable[[Told], Any]
) -> None:
    [got] = put_to_changed(settings, city, change, 0)
    assert (got.outcome, got.data) == ("failed", {}), got


def put_to_changed(
    settings: Any, city: City, change: Callable[[Told], Any], *people: int
) -> list[Answer]:
    """Ask about ``people`` a registry whose honest answer is changed before it is signed."""
    answer = signed(change)
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
            connection.sendall(answer(body))

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

    def apply(told: list[Any]) -> list[Any]:
        changed = [change(i) if i["number"] == spoiled else [i] for i in told]
        return [one for some in changed for one in some]

    got = put_to_changed(settings, city, items(apply), 0, 1, 2, 3, 4, 5)
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
