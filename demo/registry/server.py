"""A registry server of other agencies, over the synthetic city: its own process, no database.

It stands for what a real agency runs: it checks our signature, refuses replays, and answers in
bulk. Threads from the standard library and kept connections; some hundred calls a second.
"""

import datetime
import socket
import socketserver
import threading
import time
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from demo.city import City
from demo.registry import faults
from demo.registry.keepers import PATH, Keepers
from demo.registry.planted import Planted
from exchange import protocol
from exchange.registry_keys import QUESTION, RegistryKeys, Unusable

SERVED = ("education", "criminal", "credit", "taxation", "violations")
SEARCHED = ("address",)  # registries of the city's own store whose keeper answers searches
HITS_MAX = 50
BODY_MAX = 1_000_000  # bytes of a question


class Refusal(Exception):
    """A question that gets no answer: HTTP status and a word for the asker's log."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status = status


class Registry:
    """What the server knows: the city, each registry's keys, the nonces of the last minutes.

    It verifies questions with our public keys, and signs answers with a key of each registry's own.
    """

    def __init__(
        self,
        city: City,
        algorithms: Mapping[str, str],
        switch: faults.Switch,
        keepers: Keepers | None = None,
        planted: Planted | None = None,
    ) -> None:
        self.city, self.switch, self.keepers = city, switch, keepers
        self.keys = {name: RegistryKeys(name, signs) for name, signs in algorithms.items()}
        self._kept: dict[str, bytes] = {}  # the last answer of each registry, for a replay
        self.planted = planted or Planted()
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._making = threading.Lock()
        self._addresses: list[tuple[str, str]] = []
        threading.Thread(target=self.addresses, daemon=True).start()  # nobody waits for it later
        self._order: deque[tuple[float, str]] = deque()

    def check(self, registry: str, body: bytes) -> protocol.Json:
        """Return an authentic, fresh question to this registry; raises ``Refusal``."""
        now = datetime.datetime.now(datetime.UTC)
        try:
            keys = self.keys[registry].all(QUESTION)
            question = protocol.verify(body.decode(), keys, protocol.QUESTION, now).payload
            at = protocol.moment(question)
        except (ValueError, Unusable) as error:
            raise Refusal(401, "signature") from error
        nonce = question.get("nonce")
        if not isinstance(nonce, str) or not 16 <= len(nonce) <= 64:
            raise Refusal(401, "nonce")
        if abs((now - at).total_seconds()) > protocol.TOLERANCE:
            raise Refusal(401, "stale")
        if question.get("aud") != registry:
            raise Refusal(400, "mismatch")
        self._once(nonce)
        return question

    def _once(self, nonce: str) -> None:
        with self._lock:
            old = time.monotonic() - 2 * protocol.TOLERANCE
            while self._order and self._order[0][0] < old:
                self._seen.discard(self._order.popleft()[1])
            if nonce in self._seen:
                raise Refusal(401, "replayed")
            self._seen.add(nonce)
            self._order.append((time.monotonic(), nonce))

    def answer(self, registry: str, question: protocol.Json) -> protocol.Json:
        """Return the answer to a question; raises ``Refusal`` when it is malformed."""
        try:
            subjects = [(str(s["number"]), list(s["fields"])) for s in question["subjects"]]
        except (KeyError, TypeError) as error:
            raise Refusal(400, "malformed") from error
        if len(subjects) > protocol.SUBJECTS_MAX:
            raise Refusal(413, "too_many")
        answers = [self._speak(registry, number, fields) for number, fields in subjects]
        return {**self._begun(registry, question), "answers": [a for a in answers if a is not None]}

    def search(self, registry: str, question: protocol.Json) -> protocol.Json:
        """Return the addresses in which every word of a text stands, those that begin so first."""
        try:
            text, limit = str(question["text"]), min(int(question["limit"]), HITS_MAX)
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(400, "malformed") from error
        found = []
        for code, written in self.addresses() if text.split() else ():
            place = min((f"{written} {code}".find(word) for word in text.split()), default=-1)
            if all(word in written or word in code for word in text.split()):
                found.append((place, written, code))
        hits = [{"number": code, "text": t} for _, t, code in sorted(found)[:limit]]
        return {**self._begun(registry, question), "found": hits}

    def _begun(self, registry: str, question: protocol.Json) -> protocol.Json:
        now = datetime.datetime.now(datetime.UTC)
        return {"iss": registry, "nonce": question["nonce"], "iat": int(now.timestamp())}

    def signed(self, registry: str, answer: protocol.Json, fault: faults.Fault | None) -> bytes:
        """Return an answer as it is sent: signed, as far as the fault lets it be."""
        keys, now = self.keys[registry], datetime.datetime.now(datetime.UTC)
        kind = fault.kind if fault else ""
        key = faults.signing_key(kind, keys, now)
        if kind == "replayed":
            if registry in self._kept:
                return self._kept[registry]
            answer = {**answer, "nonce": "0" * 32}  # it has answered nothing yet
        if kind == "deep":
            return faults.deep(key, answer)
        if "found" in answer:
            return protocol.sign(key, protocol.FOUND, answer).encode()
        body = protocol.answer(
            key,
            answer["iss"],
            answer["nonce"],
            datetime.datetime.fromtimestamp(answer["iat"], datetime.UTC),
            answer["answers"],
        )
        self._kept[registry] = body
        return faults.spoil_signed(kind, body)

    def addresses(self) -> list[tuple[str, str]]:
        """Return code and text of every address that stands; made beside the first questions."""
        with self._making:
            if not self._addresses:
                places = map(self.city.address, range(self.city.addresses))
                self._addresses = [(p.code, p.text) for p in places if p.exists]
            return self._addresses

    def _speak(self, registry: str, number: str, fields: list[str]) -> dict[str, Any] | None:
        i = self.city.person_of(number)
        planted = self.planted.of(registry, number)
        if planted is None and i is not None and registry in self.city.person(i).silent:
            return None
        if planted is not None and planted[0] == "silent":
            return None
        corrected = self.keepers.corrected.get((registry, number)) if self.keepers else None
        data = corrected or (planted[1] if planted else self.city.record(registry, number))
        if data is None:
            return {"number": number, "outcome": "absent", "version": "", "data": {}}
        kept = {name: data[name] for name in fields if name in data}
        version = "2" if corrected else "1"
        return {"number": number, "outcome": "found", "version": version, "data": kept}


# faults whose answer is still sent as an answer is
_ANSWERED = {*faults.ITEMS, *faults.SIGNATURES, "delay", "stale", "old_nonce", "deep"}


class Handler(BaseHTTPRequestHandler):
    """``POST /v2/{registry}/query`` or ``/search``, ``/disputes/CODE``, and ``GET /health``."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that an idle connection is kept
    server: "Server"

    def setup(self) -> None:
        if self.request.family != socket.AF_UNIX:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def do_GET(self) -> None:
        self._reply(200 if self.path == "/health" else 404, b"{}")

    def do_POST(self) -> None:
        if self.path.startswith(PATH) and self.server.registry.keepers is not None:
            try:
                raw = self._body()
            except Refusal as refusal:
                self._reply(refusal.status, b"{}")
                return
            code = self.path.removeprefix(PATH).strip("/")
            self._reply(self.server.registry.keepers.take(code, self.headers, raw), b"")
            return
        registry, _, operation = self.path.removeprefix("/v2/").partition("/")
        known = {"query": SERVED, "search": SEARCHED}
        try:
            body = self._body()
            if not self.path.startswith("/v2/") or registry not in known.get(operation, ()):
                raise Refusal(404, "no_such_registry")
            records = self.server.registry
            question = records.check(registry, body)
            speak = records.search if operation == "search" else records.answer
            answer = speak(registry, question)
        except Refusal as refusal:
            self._reply(refusal.status, orjson.dumps({"error": str(refusal)}))
            return
        numbers = {subject["number"] for subject in question.get("subjects", ())}
        fault = self.server.registry.switch.now(registry, numbers)
        self._deliver(registry, answer, fault)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise Refusal(411, "length")
        if int(length) > BODY_MAX:
            self.close_connection = True
            raise Refusal(413, "too_large")
        return self.rfile.read(int(length))

    def _deliver(self, registry: str, answer: protocol.Json, fault: faults.Fault | None) -> None:
        kind = fault.kind if fault else ""
        body = self.server.registry.signed(registry, faults.spoil(fault, answer), fault)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/sd-jwt\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        if fault and kind == "delay":
            time.sleep(fault.seconds)
        if fault and kind not in _ANSWERED:
            self.close_connection = True
            faults.misbehave(fault, self.connection, body, head)
            return
        self.connection.sendall(head + body)  # in one piece

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's own name
        """Nothing: a question names people."""


class Server(ThreadingHTTPServer):
    """Listens on loopback TCP (port 0: any free one)."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int] | str, registry: Registry) -> None:
        self.registry = registry
        super().__init__(address, Handler)  # type: ignore[arg-type]

    def server_bind(self) -> None:
        # not HTTPServer's, which asks the resolver for this machine's name
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is no news."""


class UnixServer(Server):
    """Listens on a Unix socket."""

    address_family = socket.AF_UNIX

    def get_request(self) -> tuple[socket.socket, Any]:
        request, _ = super().get_request()
        return request, ("unix", 0)


def serve(registry: Registry, *, port: int = 0, unix: Path | None = None) -> Server:
    """Bind and return the server; run it with ``serve_forever``."""
    if unix is not None:
        unix.unlink(missing_ok=True)
        return UnixServer(str(unix), registry)
    return Server(("127.0.0.1", port), registry)
