"""A demo of the other side: an agency that is asked for its approval and answers on our webhook.

It holds its own credentials and nothing of ours: no database, no settings but where we are. What
it uses of this app is the published client (``webhook_client``), as a real agency would.
"""

import datetime
import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from exchange import webhook_client

BODY_MAX = 1_000_000
TRIES = 8
ASKING = ("approval.requested", "filing.pushed", "filing.reminded")
SPACE = uuid.UUID("0b0d2d5c-3f0e-4d8e-9a55-6f5d8a1f2c11")  # of message ids, so a repeat is one


@dataclass(frozen=True)
class Behaviour:
    """How this agency behaves: grant, deny, never (no answer), slow (grants after ``seconds``)."""

    answer: str
    seconds: float = 3.0


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)  # another agency's clock


class Agency:
    """One agency: takes our notices, and answers each question in them once."""

    def __init__(self, credentials: dict[str, str], site: str, behaviour: Behaviour) -> None:
        self.credentials, self.behaviour = credentials, behaviour
        self.url = f"{site.rstrip('/')}/webhooks/{credentials['code']}/"
        self.due: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self.seen: set[str] = set()
        self.lock = threading.Lock()

    def take(self, headers: Any, raw: bytes) -> int:
        """Return the HTTP status for one notice of ours; queue an answer when one is wanted."""
        try:
            message_id = webhook_client.verify(
                self.credentials["webhook_secret"], headers, raw, at=_now()
            )
        except webhook_client.Invalid:
            return 401
        with self.lock:
            if message_id in self.seen:
                return 204
            self.seen.add(message_id)
        message = json.loads(raw)
        if message["type"] in ASKING and self.behaviour.answer != "never":
            pause = self.behaviour.seconds if self.behaviour.answer == "slow" else 0.0
            self.due.put((time.monotonic() + pause, message["data"]))
        return 204

    def answer_all(self) -> None:
        """Answer what is queued, for ever."""
        while True:
            at, data = self.due.get()
            time.sleep(max(0.0, at - time.monotonic()))
            self._answer(data)

    def _answer_body(self, data: dict[str, Any], granted: bool) -> tuple[str, dict[str, Any]]:
        """The answer to one question, under a name that is the same whenever it is asked."""
        if "filing" in data:
            reason = "" if granted else "登记内容与本部门记录不一致"
            number = f"{self.credentials['code'].upper()}-{data['filing'][-8:]}" if granted else ""
            message = webhook_client.filing_receipt(data["filing"], granted, number, reason)
            return f"{data['filing']}/{data['cause']}/{data['attempt']}", message
        reason = "" if granted else "现场条件不符合要求"
        application, item = data["application"], data["item"]
        message = webhook_client.approval_answered(application, item, granted, reason)
        return f"{application}/{item}", message

    def _answer(self, data: dict[str, Any]) -> None:
        granted = self.behaviour.answer != "deny"
        name, message = self._answer_body(data, granted)
        message_id = str(uuid.uuid5(SPACE, name))
        for attempt in range(TRIES):
            try:
                status, _ = webhook_client.send(
                    self.url,
                    self.credentials["inbound_secret"],
                    message,
                    at=_now(),
                    message_id=message_id,
                )
            except OSError:
                status = 0
            if 0 < status < 500:
                word = "granted" if granted else "denied"
                print(f"{self.credentials['code']}: {name} {word} ({status})", flush=True)
                return
            time.sleep(0.2 * 2**attempt)
        print(f"{self.credentials['code']}: {name} could not be answered", flush=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: "Server"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or int(length) > BODY_MAX:
            self.close_connection = True
            status = 413
        else:
            status = self.server.colleague.take(self.headers, self.rfile.read(int(length)))
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's own name
        """Nothing: what was done is printed with the answer."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, colleague: Agency) -> None:
        self.colleague = colleague
        super().__init__(("127.0.0.1", port), _Handler)
