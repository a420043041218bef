"""Auditing services: editions as they were published, switches as they were last set."""

from collections.abc import Iterator
from typing import Any

import orjson

from ledger import audit
from ledger.models import Event
from services.edition import edition_hash
from services.models import Edition, Service


def faults() -> Iterator[str]:
    """Yield a sentence for every edition and service that is not as its events say."""
    published: dict[str, tuple[Event, dict[str, Any]]] = {}
    switched: dict[str, dict[str, Any]] = {}
    told = Event.objects.filter(subject__startswith="service:", kind__in=("published", "switched"))
    for events, _ in audit.chunks(told.order_by("subject", "seq")):
        for event in events:
            try:
                data = orjson.loads(event.data)
                if event.kind == "switched":
                    switched[event.subject] = data
                else:
                    published[data["edition"]] = event, data
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # its hash shows that it was edited
    there = set()
    for editions, unreadable in audit.chunks(Edition.objects.order_by("id")):
        for pk, why in unreadable:
            yield f"edition {pk}: {why}"
        for edition in editions:
            there.add(edition.hash)
            if wrong := audit.attempt(_edition, edition, published.get(edition.hash)):
                yield f"edition {edition.service_id} v{edition.number}: {wrong}"
    for gone in sorted(published.keys() - there):
        yield f"{published[gone][0]}: its edition is gone"
    for services, unreadable in audit.chunks(Service.objects.order_by("code")):
        for pk, why in unreadable:
            yield f"service {pk}: {why}"
        for service in services:
            data = switched.get(f"service:{service.code}", {})
            for name in ("enabled", "automatic"):
                if getattr(service, name) is not data.get(name, True):
                    yield f"service {service.code}: {name} was changed without an event"


def _edition(edition: Edition, said: tuple[Event, dict[str, Any]] | None) -> str:
    if edition_hash(edition.source, edition.engine, edition.city) != edition.hash:
        return "its text is not the one that was published"
    if said is None:
        return "no event speaks of its publication"
    event, data = said
    for name, is_so in (
        ("service", event.subject == f"service:{edition.service_id}"),
        ("number", data["number"] == str(edition.number)),
        ("day", data["from"] == str(edition.in_force_from)),
        ("publisher", event.by == edition.published_by),
        ("time", event.at == edition.published_at),
    ):
        if not is_so:
            return f"its {name} is not that of its publication"
    return ""
