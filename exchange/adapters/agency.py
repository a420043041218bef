"""Another agency's registry over HTTP: bulk, signed, in time, and believed only when it fits.

Nothing that the other side does can raise here or be taken for a fact: whatever does not fit is
an answer with outcome *failed* and the reason in one word.
"""

import datetime
import secrets
import time
from typing import Any

import orjson

from exchange import protocol, wire
from exchange.breaker import Breaker
from exchange.wants import Answer, Want
from ledger import canonical

LIMIT = 10_000_000  # bytes of one answer
RECORD_LIMIT = 65_536  # bytes of one record in canonical form
MAX_AGE = 3600.0  # seconds that an answer may have been lying somewhere


class Unfit(Exception):
    """The answer does not fit the question; the message is the reason in one word."""


class Agency:
    """``config``: ``url``; ``timeout`` seconds in all; ``bulk`` subjects a call; ``max_age``."""

    remote = True

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.registry = self.house = registry
        self.seconds = float(config.get("timeout", 2.0))
        self.bulk = int(config.get("bulk", 100))
        self.max_age = float(config.get("max_age", MAX_AGE))
        self.secret = str(config.get("secret", ""))
        self.configured = bool(config.get("url") and self.secret)
        self.session, base = wire.session_for(config.get("url") or "unix:")
        self.url = f"{base}/v1/{registry}/query"
        self.breaker = Breaker(registry)

    def read(self, wants: list[Want], *, now: datetime.datetime) -> list[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(wants), self.bulk):
            answers += self._call(wants[start : start + self.bulk], now)
        return answers

    def _call(self, wants: list[Want], now: datetime.datetime) -> list[Answer]:
        """One bulk request. A call that fails fails for all its subjects."""
        if not self.configured:
            return self._failed(wants, "not_configured", 0, now)
        if not self.breaker.allowed():
            return self._failed(wants, "breaker", 0, now)
        began = time.monotonic()
        try:
            items = self._query(wants, now)
        except (Unfit, wire.NoReply) as error:
            self.breaker.failed()
            return self._failed(wants, str(error), _since(began), now)
        self.breaker.succeeded()
        milliseconds = _since(began)
        return [self._answer(want, items.get(want.number), milliseconds, now) for want in wants]

    def _failed(
        self, wants: list[Want], reason: str, milliseconds: int, now: datetime.datetime
    ) -> list[Answer]:
        return [
            Answer(self.registry, w.subject, "failed", {}, "", now, reason, milliseconds)
            for w in wants
        ]

    def _query(self, wants: list[Want], now: datetime.datetime) -> dict[str, dict[str, Any]]:
        """Ask once, and once more, as a new request, if the connection broke with time left."""
        began = time.monotonic()
        try:
            return self._attempt(wants, now, self.seconds)
        except wire.NoReply as error:
            rest = self.seconds - (time.monotonic() - began)
            if not error.retry or rest < self.seconds / 4:
                raise
            return self._attempt(wants, now, rest)

    def _attempt(
        self, wants: list[Want], now: datetime.datetime, seconds: float
    ) -> dict[str, dict[str, Any]]:
        """Return what fits of the answer, by number; raises ``Unfit`` or ``wire.NoReply``."""
        nonce, timestamp = secrets.token_hex(16), str(int(now.timestamp()))
        subjects = [
            {
                "number": w.number,
                "fields": w.fields,
                "case": w.case,
                "purpose": w.purpose,
                "basis": w.basis,
            }
            for w in wants
        ]
        body = orjson.dumps({"registry": self.registry, "nonce": nonce, "subjects": subjects})
        headers = {
            "Content-Type": "application/json",
            protocol.TIMESTAMP: timestamp,
            protocol.NONCE: nonce,
            protocol.SIGNATURE: protocol.sign_request(self.secret, timestamp, nonce, body),
        }
        reply = wire.post(self.session, self.url, body, headers, seconds=seconds, limit=LIMIT)
        if reply.status != 200:
            raise Unfit(f"status_{reply.status}")
        signature = reply.headers.get(protocol.SIGNATURE, "")
        if not protocol.same(signature, protocol.sign_answer(self.secret, nonce, reply.body)):
            raise Unfit("unsigned")
        return self._fit(reply.body, nonce, {w.number for w in wants}, now)

    def _fit(
        self, body: bytes, nonce: str, asked: set[str], now: datetime.datetime
    ) -> dict[str, dict[str, Any]]:
        try:
            answer = orjson.loads(body)
            echoed, registry, items = answer["nonce"], answer["registry"], answer["answers"]
            at = datetime.datetime.fromisoformat(answer["answered_at"])
            by_number = {item["number"]: item for item in items}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unfit("garbage") from error
        if echoed != nonce or registry != self.registry:
            raise Unfit("nonce")
        if at.tzinfo is None or abs((now - at).total_seconds()) > self.max_age:
            raise Unfit("stale")
        if not by_number.keys() <= asked:
            raise Unfit("other_person")
        if len(by_number) != len(items):
            raise Unfit("contradiction")
        return by_number

    def _answer(
        self,
        want: Want,
        item: dict[str, Any] | None,
        milliseconds: int,
        now: datetime.datetime,
    ) -> Answer:
        answer = Answer(self.registry, want.subject, "failed", {}, "", now, "silent", milliseconds)
        if item is None:
            return answer
        answer.reason = "garbage"
        version, outcome = item.get("version", ""), item.get("outcome")
        if not isinstance(version, str) or len(version) > 40:
            return answer
        if outcome == "absent":
            answer.outcome, answer.version, answer.reason = "absent", version, ""
        elif outcome == "found" and _is_record(item.get("data")):
            data = item["data"]
            answer.data = {name: data[name] for name in want.fields if name in data}
            answer.outcome, answer.version, answer.reason = "found", version, ""
        return answer


def _is_record(data: Any) -> bool:
    """Whether this is an object that a receipt could hold: canonical, of a sane size, no NUL."""
    if not isinstance(data, dict):
        return False
    try:
        form = canonical.dumps(data)
    except (canonical.NotCanonical, RecursionError):
        return False
    return len(form) <= RECORD_LIMIT and b"\\u0000" not in form


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
