"""Asking registries: every fact that a decision rests on comes through ``ask``."""

import datetime
import logging
import os
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

import bulk
from exchange.adapters.missing import Missing
from exchange.models import Lookup
from exchange.wants import Adapter, Answer, Want
from ledger.identifiers import uuid7

log = logging.getLogger(__name__)
__all__ = ["Answer", "Unasked", "Want", "ask", "remote"]


class Unasked(RuntimeError):
    """A programming error: the question may not be put here and now."""


@lru_cache(maxsize=64)
def _adapter(registry: str) -> Adapter:
    config = settings.REGISTRIES.get(registry)
    if config is None:
        log.error("the city has no registry %r; what it would answer is unknown", registry)
        return Missing(registry)
    return import_string(config["adapter"])(registry, config)


os.register_at_fork(after_in_child=_adapter.cache_clear)  # connections are not for sharing


def remote(registry: str) -> bool:
    """Whether another agency answers, over the network."""
    return _adapter(registry).remote


def ask(
    wants: Sequence[Want],
    *,
    by: object,
    now: datetime.datetime,
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> list[Answer]:
    """Put all ``wants`` to their registries and return the answers in the same order.

    Wants are grouped by who answers: the city's store is read with one statement, another agency
    with bulk requests. Whatever a registry does wrong is an answer with outcome *failed*
    and a reason, never an exception. One ``Lookup`` a want is written by ``batch``, in the caller's
    transaction when there is one; while one is open, only the city's own store may be asked
    (``Unasked``).
    """
    places: dict[str, list[int]] = {}
    adapters: dict[str, Adapter] = {}
    for place, want in enumerate(wants):
        adapter = _adapter(want.registry)
        adapters.setdefault(adapter.house, adapter)
        places.setdefault(adapter.house, []).append(place)
    if any(adapter.remote for adapter in adapters.values()):
        _refuse_locks()
    answers: list[Answer] = [None] * len(wants)  # type: ignore[list-item]  # all are filled below
    for house, adapter in adapters.items():
        own = places[house]
        for place, answer in zip(own, adapter.read([wants[p] for p in own], now=now), strict=True):
            answers[place] = answer
    batch.insert(Lookup, _lookups(wants, answers, str(by), now))
    return answers


def _refuse_locks() -> None:
    """No network while a lock may be held: ask first, then decide."""
    blocks = connection.atomic_blocks
    if blocks and not blocks[-1]._from_testcase:  # type: ignore[attr-defined]  # as Django's own `durable`
        raise Unasked("another agency cannot be asked while a transaction is open")


def _lookups(
    wants: Sequence[Want], answers: Sequence[Answer], by: str, now: datetime.datetime
) -> list[Lookup]:
    joined = {fields: ",".join(fields) for fields in {want.fields for want in wants}}
    return [
        bulk.new(
            Lookup,
            id=uuid7(),
            registry=want.registry,
            subject=want.subject,
            fields=joined[want.fields],
            by=by,
            purpose=want.purpose,
            case=want.case,
            basis=want.basis,
            outcome=answer.outcome,
            reason=answer.reason,
            milliseconds=answer.milliseconds,
            at=now,
        )
        for want, answer in zip(wants, answers, strict=True)
    ]
