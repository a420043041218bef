"""Ways in which a registry can go wrong, on purpose: one switch, for tests and drills.

The switch is a JSON file that may be rewritten while the server runs::

    {"fault": "delay", "seconds": 5, "share": 1.0, "registry": "education"}

``share`` of the requests (all by default) to ``registry`` (any by default) then meet the fault;
with a ``number``, those that name this subject, and in the faults of ``ITEMS`` the answer about it
alone.
"""

import contextlib
import dataclasses
import datetime
import gzip
import json
import random
import socket
import struct
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from exchange import protocol
from exchange.registry_keys import ANSWER, QUESTION, RegistryKeys, demo_key

FAULTS = {
    "delay": "answers late, by `seconds`",
    "drip": "sends a byte every `seconds`",
    "drip_headers": "never ends its headers, a byte every `seconds`",
    "reset": "resets the connection in the middle",
    "error": "answers 500",
    "unavailable": "answers 503",
    "redirect": "sends us elsewhere",
    "garbage": "answers 200 with something else",
    "deep": "answers 200 with JSON nested 100,000 deep",
    "truncated": "stops in the middle",
    "other": "speaks of another person",
    "missing": "says nothing about the subject",
    "twice": "says two things about the subject",
    "malformed": "says something of another shape about the subject",
    "stale": "answers with what it read a day ago",
    "old_nonce": "answers another question",
    "replayed": "sends again what it answered before",
    "swapped": "has two subjects' items swapped after they were signed",
    "forged": "signs with a key that nobody knows",
    "other_direction": "signs with the key of our questions",
    "other_registry": "signs with the key of another registry's answers",
    "ended_key": "signs with its key before this one",
    "algorithm": "signs by HMAC, with the public key for a secret",
    "huge": "answers with a gigabyte",
    "bomb": "answers with 100 MB compressed into little",
}


ITEMS: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "other": lambda item: [{**item, "number": "11010519491231002X"}],
    "missing": lambda item: [],
    "twice": lambda item: [item, {**item, "data": {"name": "李四"}}],
    "malformed": lambda item: [{**item, "outcome": ["found"]}],
}


SIGNATURES = (
    "replayed",
    "swapped",
    "forged",
    "other_direction",
    "other_registry",
    "ended_key",
    "algorithm",
)


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    seconds: float = 5.0
    share: float = 1.0
    registry: str = ""
    number: str = ""


class Switch:
    """Reads the file again whenever it has changed; without one, ``fault`` holds for ever."""

    def __init__(self, path: Path | None = None, fault: Fault | None = None) -> None:
        self.path, self.fault, self.read_at = path, fault, 0
        self.random = random.Random(1)  # noqa: S311  # repeatable, not secret

    def now(self, registry: str, numbers: Collection[str]) -> Fault | None:
        """Return the fault that a request to ``registry`` about ``numbers`` meets, or None."""
        if self.path is not None:
            self._read(self.path)
        fault = self.fault
        if fault is None or fault.registry not in ("", registry):
            return None
        if fault.number and fault.number not in numbers:
            return None
        return fault if self.random.random() < fault.share else None

    def _read(self, path: Path) -> None:
        if not path.exists():
            self.fault = None
            return
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            at = path.stat().st_mtime_ns
            if at != self.read_at:
                settings = json.loads(path.read_text())
                kind = settings.pop("fault")
                self.fault = Fault(kind, **settings) if kind in FAULTS else None
                self.read_at = at


def spoil(fault: Fault | None, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as the fault leaves it, before it is signed."""
    kind = fault.kind if fault else ""
    if fault and (change := ITEMS.get(kind)):
        spoiled = [
            change(item) if fault.number in ("", item["number"]) else [item]
            for item in answer.get("answers", ())
        ]
        answer["answers"] = [item for items in spoiled for item in items]
    if kind == "stale":
        answer["iat"] -= 86_400
    if kind == "old_nonce":
        answer["nonce"] = "0" * 32
    return answer


def misbehave(fault: Fault, sock: socket.socket, body: bytes, head: bytes) -> None:
    """Answer on ``sock`` in the fault's way; ``head`` and ``body`` are the honest answer."""
    kind = fault.kind
    if kind == "reset":
        sock.sendall(head + body[: len(body) // 2])
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif kind in ("error", "unavailable"):
        status = b"500 Internal Server Error" if kind == "error" else b"503 Service Unavailable"
        sock.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
    elif kind == "redirect":
        sock.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )
    elif kind == "garbage":
        sock.sendall(_head(b"", 9) + b"<html>\xff\x00\x01")
    elif kind == "truncated":
        sock.sendall(head + body[: len(body) // 2])
    elif kind == "drip":
        _drip(sock, head, body, fault.seconds)
    elif kind == "drip_headers":
        _drip(sock, b"HTTP/1.1 200 OK\r\nX: ", b"a" * 10_000, fault.seconds)
    elif kind == "huge":
        _pour(sock, _head(b"", 1_000_000_000), b" " * 1_000_000, 1000)
    elif kind == "bomb":
        packed = _packed()
        sock.sendall(_head(b"Content-Encoding: gzip\r\n", len(packed)) + packed)


@lru_cache(maxsize=1)
def _packed() -> bytes:
    """A hundred megabytes of nothing in a few hundred kilobytes: gzip members may be joined."""
    return gzip.compress(bytes(1_000_000), 1) * 100


def signing_key(kind: str, keys: RegistryKeys, now: datetime.datetime) -> protocol.Key:
    """Return the key that signs an answer in the fault's way; the registry's own, without one."""
    name, algorithm = keys.registry, keys.algorithm
    active = [key for key in keys.all(ANSWER) if key.is_active(now) and key.signs]
    own = active[-1] if active else demo_key(name, ANSWER, algorithm)
    if kind == "forged":  # under the right name
        return dataclasses.replace(protocol.generated(algorithm), kid=own.kid)
    if kind == "other_direction":
        return demo_key(name, QUESTION, algorithm)
    if kind == "other_registry":
        return demo_key("credit" if name == "education" else "education", ANSWER, algorithm)
    if kind == "ended_key":
        return demo_key(name, ANSWER, algorithm, is_ended=True)
    if kind == "algorithm":
        return protocol.Key(own.kid, protocol.HS256, own.material)
    return own


def spoil_signed(kind: str, body: bytes) -> bytes:
    """Return a signed answer as somebody on the way leaves it."""
    if kind != "swapped":
        return body
    statement, disclosures = protocol.split(body.decode())
    opened = [json.loads(protocol.unb64(one)) for one in disclosures]
    numbers = [item["number"] for _, item in opened]
    for (_, item), number in zip(opened, [*numbers[1:], "11010519491231002X"], strict=True):
        item["number"] = number
    swapped = [protocol.b64(json.dumps(one).encode()) for one in opened]
    return "~".join((statement, *swapped, "")).encode()


def deep(key: protocol.Key, answer: dict[str, Any]) -> bytes:
    """Return the signed answer with 100,000 arrays inside one another for its answers."""
    text = json.dumps({**answer, "answers": []})
    text = text.replace('"answers": []', '"answers": ' + "[" * 100_000 + "]" * 100_000)
    head = protocol.b64(
        json.dumps({"alg": key.algorithm, "kid": key.kid, "typ": protocol.ANSWER}).encode()
    )
    told = f"{head}.{protocol.b64(text.encode())}"
    return f"{told}.{protocol.b64(key.sign(told.encode()))}~".encode()


def _head(more: bytes, length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + more + f"Content-Length: {length}\r\n\r\n".encode()


def _drip(sock: socket.socket, head: bytes, body: bytes, seconds: float) -> None:
    sock.sendall(head)
    for byte in body:
        time.sleep(seconds)
        sock.sendall(bytes((byte,)))


def _pour(sock: socket.socket, head: bytes, piece: bytes, times: int) -> None:
    sock.sendall(head)
    for _ in range(times):
        sock.sendall(piece)
