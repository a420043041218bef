"""Another agency's registry over HTTP: bulk, signed, in time, and believed only when it fits.

Nothing that the other side does can raise here or be taken for a fact: whatever does not fit is
an answer with outcome *failed* and the reason in one word.
"""

import datetime
import logging
import secrets
import time
from typing import Any, NamedTuple

from exchange import protocol, wire
from exchange.breaker import Breaker
from exchange.queries import Answer, Proof, Query
from exchange.registry_keys import Both, RegistryKeys, Unusable
from ledger import canonical
from telemetry import tracing

log = logging.getLogger(__name__)

LIMIT = 10_000_000  # bytes of one answer
RECORD_LIMIT = 65_536  # bytes of one record in canonical form
LEAST = 0.05  # seconds below which a registry is not asked at all
MAX_AGE = 3600.0  # seconds that an answer may have been lying somewhere


class Item(NamedTuple):
    """What an answer says of one subject, and what proves that it does."""

    said: dict[str, Any]
    proof: Proof


# by number, the item about it or, in one word, why none can be believed; and why of all others
Items = tuple[dict[str, Item | str], str]


class Unfit(Exception):
    """The answer does not fit the question; the message is the reason in one word."""


class Agency:
    """``config``: ``url``; ``timeout`` seconds in all; ``bulk`` subjects a call; ``max_age``.

    And ``signature``, the algorithm of its keys, which are read at each call.
    """

    remote = True

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.registry = self.group = registry
        self.seconds = float(config.get("timeout", 2.0))
        self.bulk = int(config.get("bulk", 100))
        self.max_age = float(config.get("max_age", MAX_AGE))
        self.keys = RegistryKeys(registry, str(config.get("signature", "")))
        self.configured = bool(config.get("url"))
        self.session, base = wire.session_for(config.get("url") or "unix:")
        self.url = f"{base}/v2/{registry}/query"
        self.breaker = Breaker(registry)

    def read(
        self, queries: list[Query], *, now: datetime.datetime, seconds: float | None = None
    ) -> list[Answer]:
        answers: list[Answer] = []
        began = time.monotonic()
        for start in range(0, len(queries), self.bulk):
            left = self.seconds
            if seconds is not None:
                left = min(left, seconds - (time.monotonic() - began))
            answers += self._call(queries[start : start + self.bulk], now, left)
        return answers

    def _call(self, queries: list[Query], now: datetime.datetime, seconds: float) -> list[Answer]:
        """One bulk request. A call that fails fails for all its subjects.

        One that was given less time than the registry has says nothing against the registry.
        """
        try:
            keys = self.keys.both(now)
        except Unusable as error:
            log.error("%s is not asked: %s", self.registry, error)
            return self._failed(queries, "not_configured", 0, now)
        if not self.configured:
            return self._failed(queries, "not_configured", 0, now)
        if seconds < LEAST:
            return self._failed(queries, "no_time", 0, now)
        if not self.breaker.allowed():
            return self._failed(queries, "breaker", 0, now)
        began = time.monotonic()
        try:
            items, missing = self._query(queries, keys, now, seconds)
        except (Unfit, wire.NoReply) as error:
            if seconds >= self.seconds or str(error) != "timeout":
                self.breaker.failed()
            return self._failed(queries, str(error), _since(began), now)
        if items or missing == "silent":
            self.breaker.succeeded()
        else:
            self.breaker.failed()  # nothing in the whole answer could be used
        milliseconds = _since(began)
        return [self._answer(q, items.get(q.number, missing), milliseconds, now) for q in queries]

    def _failed(
        self, queries: list[Query], reason: str, milliseconds: int, now: datetime.datetime
    ) -> list[Answer]:
        return [
            Answer(
                registry=self.registry,
                subject=q.subject,
                outcome="failed",
                data={},
                version="",
                at=now,
                reason=reason,
                milliseconds=milliseconds,
            )
            for q in queries
        ]

    def _query(
        self, queries: list[Query], keys: Both, now: datetime.datetime, seconds: float
    ) -> Items:
        """Ask once, and once more, as a new request, if the connection broke with time left."""
        began = time.monotonic()
        try:
            return self._attempt(queries, keys, now, seconds)
        except wire.NoReply as error:
            rest = seconds - (time.monotonic() - began)
            if not error.retry or rest < seconds / 4:
                raise
            return self._attempt(queries, keys, now, rest)

    def _attempt(
        self, queries: list[Query], keys: Both, now: datetime.datetime, seconds: float
    ) -> Items:
        """Return what fits of the answer; raises ``Unfit`` or ``wire.NoReply``."""
        ours, theirs = keys
        nonce = secrets.token_hex(16)
        asked = {"subjects": _subjects(queries)}
        body = protocol.question(ours, self.registry, nonce, now, asked)
        headers = {"Content-Type": "application/jose", **tracing.headers()}
        reply = wire.post(self.session, self.url, body, headers, seconds=seconds, limit=LIMIT)
        if reply.status != 200:
            raise Unfit(f"status_{reply.status}")
        return self._fit(reply.body, theirs, nonce, {q.number for q in queries}, now)

    def _fit(
        self,
        body: bytes,
        keys: tuple[protocol.Key, ...],
        nonce: str,
        numbers: set[str],
        now: datetime.datetime,
    ) -> Items:
        """Return the item about each number, or why there is none that can be believed.

        What is wrong with the answer as a whole raises ``Unfit``. What is wrong with one item is
        said of its own subject alone: other people's answers stand.
        """
        try:
            statement, disclosures = protocol.split(body.decode())
            signed = protocol.verify(statement, keys, protocol.ANSWER, now)
            items = protocol.disclosed(signed.payload, disclosures)
            at = protocol.moment(signed.payload)
        except protocol.Malformed as error:
            raise Unfit("garbage") from error
        except ValueError as error:  # not even text, or protocol.Invalid
            raise Unfit("unsigned") from error
        if (signed.payload.get("nonce"), signed.payload.get("iss")) != (nonce, self.registry):
            raise Unfit("nonce")
        if abs((now - at).total_seconds()) > self.max_age:
            raise Unfit("stale")
        found: dict[str, Item | str] = {}
        missing = "silent"  # of whom nothing is said
        for item, disclosure in zip(items, disclosures, strict=True):
            number = item.get("number") if isinstance(item, dict) else None
            if not isinstance(number, str):
                missing = "malformed"
            elif number not in numbers:
                missing = "other_person"
            elif number in found:
                found[number] = "contradiction"
            else:
                proof = Proof(statement, disclosure, signed.key.kid, signed.key.algorithm)
                found[number] = Item(item, proof)
        return found, missing

    def _answer(
        self,
        query: Query,
        item: Item | str,
        milliseconds: int,
        now: datetime.datetime,
    ) -> Answer:
        answer = Answer(
            registry=self.registry,
            subject=query.subject,
            outcome="failed",
            data={},
            version="",
            at=now,
            reason="malformed",
            milliseconds=milliseconds,
        )
        if isinstance(item, str):
            answer.reason = item
            return answer
        said = item.said
        version, outcome = said.get("version", ""), said.get("outcome")
        if not isinstance(version, str) or len(version) > 40 or not version.isprintable():
            return answer
        if outcome == "absent":
            answer.outcome, answer.version, answer.reason = "absent", version, ""
            answer.proof = item.proof
        elif outcome == "found" and _is_record(said.get("data")):
            data = said["data"]
            answer.data = {name: data[name] for name in query.fields if name in data}
            answer.outcome, answer.version, answer.reason = "found", version, ""
            answer.proof = item.proof
        return answer


def _subjects(queries: list[Query]) -> list[dict[str, Any]]:
    """Return one question a number, with all fields that are wanted and every case's purpose.

    Two cases of one person, asked at once with different fields, would else be two questions
    whose answers contradict each other.
    """
    subjects: dict[str, dict[str, Any]] = {}
    for q in queries:
        stated = {"case": q.case, "purpose": q.purpose, "basis": q.basis}
        first = subjects.get(q.number)
        if first is None:
            subjects[q.number] = {"number": q.number, "fields": list(q.fields), **stated}
        else:
            first["fields"] += [name for name in q.fields if name not in first["fields"]]
            first.setdefault("also", []).append(stated)
    return list(subjects.values())


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
