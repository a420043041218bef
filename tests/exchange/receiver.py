"""A partner's webhook for tests: remembers what came and answers as it is told."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Got(NamedTuple):
    message_id: str
    body: bytes
    headers: dict[str, str]
    at: float


Answer = Callable[[Got, int], tuple[int, dict[str, str]] | None]


class Receiver:
    """``answer(got, n)`` returns (status, headers) for the n-th request, or None: break off.

    A header ``X-Zeros`` says how many bytes follow.
    ``port``: 0 for any that is free.
    """

    def __init__(self, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got, int], tuple[int, dict[str, str]] | None] = lambda g, n: (
            204,
            {},
        )
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got = Got(
                    self.headers.get("webhook-id", ""), body, dict(self.headers), time.monotonic()
                )
                with receiver.lock:
                    receiver.got.append(got)
                    n = len(receiver.got)
                answer = receiver.answer(got, n)
                self.close_connection = answer is None
                if answer is not None:
                    self.send_response_only(answer[0])
                    for name, value in {"Content-Length": "0", **answer[1]}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.answer_with_zeros(int(answer[1].get("X-Zeros", "0")))
                else:  # a reset instead of an end
                    self.connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                    self.connection.close()

            def answer_with_zeros(self, left: int) -> None:
                while left > 0:
                    left -= self.wfile.write(bytes(min(left, 65536)))

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: Any) -> None:
                pass  # the other side hung up

        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
