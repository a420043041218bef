"""An open loop over HTTP: every request goes out when its turn comes, whether or not earlier ones
were answered, and its time counts from its turn. Bounded, loopback only.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

THREADS = 160


@dataclass(slots=True)
class Reply:
    """One answer: ``seconds`` from the request's turn to the last byte; status 0: no answer."""

    status: int
    body: Any
    seconds: float


class Client:
    """Keep-alive connections to one loopback server, one a thread."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        assert parts.hostname in ("127.0.0.1", "localhost"), "loopback only"
        self.host, self.port, self.headers = parts.hostname, parts.port, headers
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return (status, parsed body); a dropped idle connection is opened again once."""
        given = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        raw = None if body is None else json.dumps(body).encode()
        if raw is not None:
            given["Content-Type"] = "application/json"
        for again in (True, False):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
                self._local.connection = connection
                self._opened.append(connection)
            try:
                connection.request(method, path, raw, given)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read() or b"null")
            except (OSError, http.client.HTTPException):
                self._local.connection = None
                connection.close()
                if not again or method == "POST":
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close every thread's connection; the threads must be done."""
        while self._opened:
            self._opened.pop().close()


def open_loop(calls: Sequence[Callable[[], tuple[int, Any]]], rate: float) -> list[Reply]:
    """Make all ``calls``, ``rate`` a second, and return their replies in the same order."""
    begin = time.perf_counter() + 0.2

    def one(place: int) -> Reply:
        turn = begin + place / rate
        time.sleep(max(0.0, turn - time.perf_counter()))
        try:
            status, body = calls[place]()
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, body = 0, {"error": type(error).__name__}
        return Reply(status, body, time.perf_counter() - turn)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(len(calls))))


def at(replies: Sequence[Reply], share: float) -> float:
    """Return a quantile of the replies' times in milliseconds."""
    times = sorted(r.seconds * 1000 for r in replies)
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
