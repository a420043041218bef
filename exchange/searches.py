"""Searching a registry by words, where its keeper lets us: addresses by street and building.

``POST /v1/{registry}/search``, signed as queries are, with a JSON body::

    {"registry", "nonce", "text", "limit"}

and the answer::

    {"registry", "nonce", "answered_at", "found": [{"number", "text"}, …]}

Nothing personal is asked or answered, so no look-up is recorded; what is chosen is asked for as a
record, like everything that a decision rests on.
"""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from exchange import protocol, wire
from exchange.breaker import Breaker

LONGEST = 60  # characters of a text
LIMIT = 100_000  # bytes of an answer
SECONDS = 1.0  # for an answer: somebody waits for it


@dataclass(frozen=True, slots=True)
class Hit:
    """One record by its number, as the registry writes it."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """``is_answered``: the registry said what it has; else nobody knows."""

    hits: tuple[Hit, ...] = ()
    is_answered: bool = True


UNANSWERED = Result(is_answered=False)


def search(registry: str, text: str, *, limit: int = 10) -> Result:
    """Return what a registry finds for a text, the best first; raises nothing for its faults.

    Takes ``SECONDS`` at most. A registry that cannot be searched has not answered.
    """
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return Result()
    return _searcher(registry).find(text, limit)


class Searcher:
    """``config`` as of a registry's adapter: ``url`` and ``secret``."""

    def __init__(self, registry: str, config: Mapping[str, Any]) -> None:
        self.registry, self.secret = registry, str(config.get("secret", ""))
        self.configured = bool(config.get("url") and self.secret)
        self.session, base = wire.session_for(config.get("url") or "unix:")
        self.url = f"{base}/v1/{registry}/search"
        self.breaker = Breaker(f"{registry}-search")

    def find(self, text: str, limit: int) -> Result:
        if not self.configured or not self.breaker.allowed():
            return UNANSWERED
        nonce, timestamp = secrets.token_hex(16), str(int(time.time()))
        question = {"registry": self.registry, "nonce": nonce, "text": text, "limit": limit}
        body = orjson.dumps(question)
        headers = {
            "Content-Type": "application/json",
            protocol.TIMESTAMP: timestamp,
            protocol.NONCE: nonce,
            protocol.SIGNATURE: protocol.sign_request(self.secret, timestamp, nonce, body),
        }
        try:
            reply = wire.post(self.session, self.url, body, headers, seconds=SECONDS, limit=LIMIT)
        except wire.NoReply:
            self.breaker.failed()
            return UNANSWERED
        found = self._fit(reply, nonce, limit)
        if found is UNANSWERED:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return found

    def _fit(self, reply: wire.Reply, nonce: str, limit: int) -> Result:
        """Return what fits of an answer; one that is not the registry's, or malformed, is none."""
        signature = reply.headers.get(protocol.SIGNATURE, "")
        expected = protocol.sign_answer(self.secret, nonce, reply.body)
        if reply.status != 200 or not protocol.same(signature, expected):
            return UNANSWERED
        try:
            answer = orjson.loads(reply.body)
            if (answer["registry"], answer["nonce"]) != (self.registry, nonce):
                return UNANSWERED
            pairs = [(item["number"], item["text"]) for item in answer["found"][:limit]]
        except (ValueError, KeyError, TypeError):
            return UNANSWERED
        if not all(_is_text(number, 40) and _is_text(text, 200) for number, text in pairs):
            return UNANSWERED
        return Result(tuple(Hit(number, text) for number, text in pairs))


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


@lru_cache(maxsize=16)
def _searcher(registry: str) -> Searcher:
    return Searcher(registry, settings.REGISTRIES.get(registry, {}))


os.register_at_fork(after_in_child=_searcher.cache_clear)  # connections are not for sharing
