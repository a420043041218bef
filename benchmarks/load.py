"""An open loop over HTTP: every request goes out when its turn comes, whether or not earlier ones
were answered, and its time counts from its turn. Bounded, loopback only.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

THREADS = 160
Call = Callable[[], tuple[int, bytes]]


@dataclass(slots=True)
class Reply:
    """One answer: ``seconds`` from the request's turn to the last byte; status 0: no answer."""

    status: int
    body: Any
    seconds: float


class Client:
    """Keep-alive connections to one loopback server, one a thread.

    Plain sockets and as little Python as HTTP/1.1 with a Content-Length needs: the client runs on
    the same cores as what it measures.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        assert parts.hostname in ("127.0.0.1", "localhost"), "loopback only"
        self.address, self.headers = (parts.hostname, parts.port or 80), headers
        self._local = threading.local()
        self._opened: list[socket.socket] = []

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Call:
        """Return a request, made beforehand, that answers (status, raw body) when called."""
        raw = b"" if body is None else json.dumps(body).encode()
        fields = {"Host": f"{self.address[0]}:{self.address[1]}", **self.headers}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        if raw or method == "POST":
            fields |= {"Content-Type": "application/json", "Content-Length": str(len(raw))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items()), "", ""]
        return partial(self._send, "\r\n".join(lines).encode() + raw, again=method != "POST")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return (status, parsed body); raises ``OSError`` where there is no answer."""
        status, raw = self.call(method, path, body, **headers)()
        return status, json.loads(raw or b"null")

    def _send(self, request: bytes, *, again: bool) -> tuple[int, bytes]:
        line = getattr(self._local, "line", None)
        if line is None:
            again = False
            line = self._local.line = socket.create_connection(self.address, timeout=30)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._opened.append(line)
        try:
            line.sendall(request)
            return self._answer(line)
        except OSError:
            self._drop(line)
            if not again:  # only an idle connection may have been dropped, and no POST sent twice
                raise
        return self._send(request, again=False)

    def _answer(self, line: socket.socket) -> tuple[int, bytes]:
        data = bytearray()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _more(line)
        head = bytes(data[:end]).lower()
        _, there, rest = head.partition(b"content-length:")
        if not there:
            raise ConnectionError("an answer without a length")
        length = end + 4 + int(rest.split(b"\r\n", 1)[0])
        while len(data) < length:
            data += _more(line)
        if b"connection: close" in head:
            self._drop(line)
        return int(head[9:12]), bytes(data[end + 4 :])

    def _drop(self, line: socket.socket) -> None:
        self._local.line = None
        line.close()

    def close(self) -> None:
        """Close every thread's connection; the threads must be done."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()


def _more(line: socket.socket) -> bytes:
    chunk = line.recv(65_536)
    if not chunk:
        raise ConnectionError("the connection was closed")
    return chunk


def partner_client(url: str, keys: Path, code: str = "window") -> Client:
    """The program of a partner (the service hall), with its token and nothing else of ours."""
    token = json.loads((keys / "partners" / f"{code}.json").read_text())["token"]
    return Client(url, {"Authorization": f"Bearer {token}"})


def open_loop(calls: Sequence[Call], rate: float) -> list[Reply]:
    """Make all ``calls``, ``rate`` a second, and return their replies in the same order."""
    begin = time.perf_counter() + 0.2

    def one(place: int) -> Reply:
        turn = begin + place / rate
        time.sleep(max(0.0, turn - time.perf_counter()))
        try:
            status, body = calls[place]()
        except (OSError, ValueError) as error:
            status, body = 0, json.dumps({"error": type(error).__name__}).encode()
        return Reply(status, body, time.perf_counter() - turn)

    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(pool.map(one, range(len(calls))))
    for reply in replies:  # parsed after the measurement
        reply.body = _read(reply.body)
    return replies


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw or b"null")
    except ValueError:
        return raw.decode(errors="replace")


def at(replies: Sequence[Reply], share: float) -> float:
    """Return a quantile of the replies' times in milliseconds."""
    times = sorted(r.seconds * 1000 for r in replies)
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
