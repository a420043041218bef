"""Receivers of webhooks as a process of its own: good, slow and failing ones, by their path.

    python -m benchmarks.receivers     prints its port; ends with its standard input

``GET /log`` says when each message arrived: {webhook-id: seconds of the monotonic clock}.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_SECONDS = 30.0
arrived: dict[str, float] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/good"):
            arrived.setdefault(self.headers["webhook-id"], time.monotonic())
        elif self.path.startswith("/slow"):
            time.sleep(SLOW_SECONDS)
        self._answer(500 if self.path.startswith("/failing") else 204)

    def do_GET(self) -> None:
        self._answer(200, json.dumps(dict(arrived)).encode())

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_arguments: object) -> None:
        pass  # the other side waits no longer


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
