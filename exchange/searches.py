"""Searching a registry by words, where its keeper lets us: addresses by street and building.

``POST /v2/{registry}/search``: a question as of records (``exchange.protocol``), with ``text`` and
``limit`` in place of subjects. The answer is a JWS as well, ``typ`` registry-found+jwt::

    {"iss": registry, "nonce", "iat", "found": [{"number", "text"}, …]}

Nothing personal is asked or answered, so no look-up is recorded; what is chosen is asked for as a
record, like everything that a decision rests on.
"""

import datetime
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from exchange import protocol, wire
from exchange.breaker import Breaker
from exchange.registry_keys import RegistryKeys, Unusable

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
    """``config`` as of a registry's adapter: ``url`` and ``signature``."""

    def __init__(self, registry: str, config: Mapping[str, Any]) -> None:
        self.registry = registry
        self.keys = RegistryKeys(registry, str(config.get("signature", "")))
        self.configured = bool(config.get("url"))
        self.session, base = wire.session_for(config.get("url") or "unix:")
        self.url = f"{base}/v2/{registry}/search"
        self.breaker = Breaker(f"{registry}-search")

    def find(self, text: str, limit: int) -> Result:
        now, nonce = datetime.datetime.now(datetime.UTC), secrets.token_hex(16)
        try:
            ours, theirs = self.keys.both(now)
        except Unusable:
            return UNANSWERED
        if not self.configured or not self.breaker.allowed():
            return UNANSWERED
        asked = {"text": text, "limit": limit}
        body = protocol.question(ours, self.registry, nonce, now, asked)
        headers = {"Content-Type": "application/jose"}
        try:
            reply = wire.post(self.session, self.url, body, headers, seconds=SECONDS, limit=LIMIT)
            found = self._fit(reply, theirs, nonce, limit)
        except wire.NoReply:
            found = UNANSWERED
        if found is UNANSWERED:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return found

    def _fit(
        self, reply: wire.Reply, keys: tuple[protocol.Key, ...], nonce: str, limit: int
    ) -> Result:
        """Return what fits of an answer; one that is not the registry's, or malformed, is none."""
        if reply.status != 200:
            return UNANSWERED
        now = datetime.datetime.now(datetime.UTC)
        try:
            answer = protocol.verify(reply.body.decode(), keys, protocol.FOUND, now).payload
            if (answer["iss"], answer["nonce"]) != (self.registry, nonce):
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
