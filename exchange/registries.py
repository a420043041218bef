"""Asking registries: every fact that a decision rests on comes through ``query_registries``."""

import datetime
import logging
import os
import random
import re
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import replace
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

import bulk
from exchange.adapters import store
from exchange.adapters.missing import Missing
from exchange.adapters.store import Store
from exchange.models import Lookup
from exchange.queries import Adapter, Answer, Query
from ledger.identifiers import uuid7
from people import protection

log = logging.getLogger(__name__)
_INDEX = re.compile("[0-9a-f]{32}")
NOT_ASKED = ("breaker", "no_time")  # the failures in which no question was sent
REUSED = "reused"  # of a look-up: nothing was sent, a former answer was used again
__all__ = [
    "Answer",
    "Query",
    "QueryNotAllowed",
    "changed",
    "is_remote",
    "query_in_small_groups",
    "query_registries",
    "query_within",
    "record_reuse",
]


class QueryNotAllowed(RuntimeError):
    """A programming error: the question may not be put here and now."""


@lru_cache(maxsize=64)
def _adapter(registry: str) -> Adapter:
    config = settings.REGISTRIES.get(registry)
    if config is None:
        log.error("the city has no registry %r; what it would answer is unknown", registry)
        return Missing(registry)
    return import_string(config["adapter"])(registry, config)


os.register_at_fork(after_in_child=_adapter.cache_clear)  # connections are not for sharing


def is_remote(registry: str) -> bool:
    """Whether another agency answers, over the network."""
    return _adapter(registry).remote


def changed(read: Sequence[tuple[str, str, str]]) -> list[bool]:
    """Return whether records of the city's store are of another version than when they were read.

    Each by (registry, subject, version then); one statement a registry. Nothing of them is read,
    so it leaves no look-up. Of who else answers nothing can be said: False.
    """
    wanted: dict[str, list[int]] = {}
    for place, (registry, _subject, _version) in enumerate(read):
        if isinstance(_adapter(registry), Store):
            wanted.setdefault(registry, []).append(place)
    found = [False] * len(read)
    for registry, places in wanted.items():
        now_are = store.versions(registry, [read[place][1] for place in places])
        for place, version in zip(places, now_are, strict=True):
            found[place] = version != read[place][2]
    return found


def query_registries(
    queries: Sequence[Query],
    *,
    by: object,
    now: datetime.datetime,
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> list[Answer]:
    """Put all ``queries`` to their registries and return the answers in the same order.

    Queries are grouped by who answers: the city's store is read with one statement, another agency
    with bulk requests. Whatever a registry does wrong is an answer with outcome *failed* and a
    reason, never an exception. One ``Lookup`` a query that was sent is written by ``batch``, in
    the caller's transaction when there is one; while one is open, only the city's own store may be
    asked (``QueryNotAllowed``).
    """
    answers: list[Answer] = [None] * len(queries)  # type: ignore[list-item]  # all are filled below
    for adapter, mine in _grouped(queries):
        found = [_as_agreed(one) for one in adapter.read([queries[p] for p in mine], now=now)]
        for place, answer in zip(mine, found, strict=True):
            answers[place] = answer
    batch.insert(Lookup, _lookups(queries, answers, str(by), now))
    return answers


def query_within(
    queries: Sequence[Query], *, by: object, now: datetime.datetime, seconds: float
) -> list[Answer]:
    """As ``query_registries``, for a reader who waits: other agencies all at once.

    Takes ``seconds`` at most for all of them together, the city's own store apart. Who has not
    answered by then has failed (``timeout``), for this reader alone.
    """
    answers: list[Answer] = [None] * len(queries)  # type: ignore[list-item]  # all are filled below
    ends = time.monotonic() + seconds
    asked: list[tuple[Future[list[Answer]], list[int]]] = []
    groups = _grouped(queries)
    pool = ThreadPoolExecutor(max(1, len(groups)), "registry")
    for adapter, mine in groups:
        if adapter.remote:
            wanted = [queries[p] for p in mine]
            asked.append((pool.submit(adapter.read, wanted, now=now, seconds=seconds), mine))
    for adapter, mine in groups:
        if not adapter.remote:
            found = [_as_agreed(one) for one in adapter.read([queries[p] for p in mine], now=now)]
            for place, answer in zip(mine, found, strict=True):
                answers[place] = answer
    for future, mine in asked:
        try:
            found = future.result(max(0.0, ends - time.monotonic()))
        except TooLate:
            spent = int(seconds * 1000)
            found = [_late(queries[place], spent, now) for place in mine]
        for place, answer in zip(mine, found, strict=True):
            answers[place] = _as_agreed(answer)
    pool.shutdown(wait=False)
    bulk.IMMEDIATE.insert(Lookup, _lookups(queries, answers, str(by), now))
    return answers


def _as_agreed(answer: Answer) -> Answer:
    """Return an answer as the city's declaration of its registry has it.

    A field that is never null, and is, is left out: it is unknown. Else it would pass for a
    registry that has no record at all, and a condition for whom there is one would not apply.

    ID numbers are in their stored form, encrypted. Only a registry whose fields name persons by
    number has any; what is no number of anybody is no answer, as little as one that is not of the
    agreed shape.
    """
    ours = settings.CITY.registries.get(answer.registry)
    if ours is None or answer.outcome != "found":
        return answer
    if None in answer.data.values():
        fields, data = ours.fields, answer.data
        unsaid = {
            n for n, v in data.items() if v is None and n in fields and not fields[n].nullable
        }
        answer = replace(answer, data={n: v for n, v in data.items() if n not in unsaid})
    for field, part in ours.numbers:
        whole = answer.data.get(field)
        records = whole if part and isinstance(whole, list) else [answer.data]
        for record in records:
            text = record.get(part or field) if isinstance(record, dict) else None
            if text is None or (isinstance(text, str) and _INDEX.fullmatch(text)):
                continue
            try:
                record[part or field] = protection.protect_valid(text)
            except ValueError:
                return replace(answer, outcome="failed", data={}, reason="malformed", proof=None)
    return answer


def _late(query: Query, milliseconds: int, now: datetime.datetime) -> Answer:
    late = Answer(query.registry, query.subject, "failed", at=now, reason="timeout")
    late.milliseconds = milliseconds
    return late


def _grouped(queries: Sequence[Query]) -> list[tuple[Adapter, list[int]]]:
    """Return who answers, with the places of their queries; another agency needs no lock held."""
    places: dict[str, list[int]] = {}
    adapters: dict[str, Adapter] = {}
    for place, query in enumerate(queries):
        adapter = _adapter(query.registry)
        adapters.setdefault(adapter.group, adapter)
        places.setdefault(adapter.group, []).append(place)
    if any(adapter.remote for adapter in adapters.values()):
        _refuse_locks()
    return [(adapter, places[group]) for group, adapter in adapters.items()]


def query_in_small_groups(
    queries: Sequence[Query], *, by: object, now: datetime.datetime, seconds: float
) -> list[Answer | None]:
    """Ask again what failed in a large request: in groups of one, two, four … while answered.

    A subject that spoils every answer about it then spoils few others; and in any order, so that
    nobody stands behind it each time. Begins no group after ``seconds``: the rest gets None.
    """
    left = list(range(len(queries)))
    random.shuffle(left)
    answers: list[Answer | None] = [None] * len(queries)
    ends, size = time.monotonic() + seconds, 1
    while left and time.monotonic() < ends:
        group, left = left[:size], left[size:]
        found = query_registries([queries[place] for place in group], by=by, now=now)
        for place, answer in zip(group, found, strict=True):
            answers[place] = answer
        size = 1 if all(answer.is_outage for answer in found) else size * 2
    return answers


def record_reuse(
    queries: Sequence[Query], answers: Sequence[Answer], *, by: object, now: datetime.datetime
) -> None:
    """Write the look-ups of former answers that stand in for those that did not come.

    Each is a use of somebody's data of its own, beside the question that was put in vain.
    """
    bulk.IMMEDIATE.insert(Lookup, _lookups(queries, answers, str(by), now))


def _refuse_locks() -> None:
    """No network while a lock may be held: ask first, then decide."""
    blocks = connection.atomic_blocks
    if blocks and not blocks[-1]._from_testcase:  # type: ignore[attr-defined]  # as Django's own `durable`
        raise QueryNotAllowed("another agency cannot be asked while a transaction is open")


def _lookups(
    queries: Sequence[Query], answers: Sequence[Answer], by: str, now: datetime.datetime
) -> list[Lookup]:
    joined = {fields: ",".join(fields) for fields in {query.fields for query in queries}}
    return [
        bulk.new(
            Lookup,
            id=uuid7(),
            registry=query.registry,
            subject=query.subject,
            fields=joined[query.fields],
            by=by,
            purpose=query.purpose,
            case=query.case,
            basis=query.basis,
            outcome=answer.outcome,
            reason=REUSED if answer.reused else answer.reason,
            milliseconds=answer.milliseconds,
            at=now,
        )
        for query, answer in zip(queries, answers, strict=True)
        if answer.reused or answer.reason not in NOT_ASKED
    ]
