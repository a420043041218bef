"""Auditing services: editions as they were published, switches as they were last set."""

from collections.abc import Iterator
from typing import Any

import orjson

from ledger import audit
from ledger.models import Event
from services import catalogue, trial_document, trials
from services import proposals_audit as proposals
from services.edition import edition_hash
from services.models import Edition, Service, Trial, TrialState


def faults() -> Iterator[str]:
    """Yield a sentence for every edition and service that is not as its events say."""
    # by text and number: a roll-back has the text of an earlier edition
    published: dict[tuple[str, str], tuple[Event, dict[str, Any]]] = {}
    switched: dict[str, dict[str, Any]] = {}
    history = Event.objects.filter(
        subject__startswith="service:", kind__in=("published", "switched")
    )
    for events, _ in audit.chunks(history.order_by("subject", "seq")):
        for event in events:
            try:
                data = orjson.loads(event.data)
                if event.kind == "switched":
                    switched[event.subject] = data
                else:
                    published[data["edition"], data["number"]] = event, data
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # its hash shows that it was edited
    there = set()
    for editions, unreadable in audit.chunks(
        Edition.objects.select_related("trial").order_by("id")
    ):
        for pk, why in unreadable:
            yield f"edition {pk}: {why}"
        for edition in editions:
            key = edition.hash, str(edition.number)
            there.add(key)
            if wrong := audit.attempt(_edition, edition, published.get(key)):
                yield f"edition {edition.service_id} v{edition.number}: {wrong}"
    for gone in sorted(published.keys() - there):
        yield f"{published[gone][0]}: its edition is gone"
    yield from proposals.faults()
    yield from _trials()
    for services, unreadable in audit.chunks(Service.objects.order_by("code")):
        for pk, why in unreadable:
            yield f"service {pk}: {why}"
        for service in services:
            data = switched.get(f"service:{service.code}", {})
            if service.enabled is not data.get("enabled", True):
                yield f"service {service.code}: enabled was changed without an event"


def _number(edition: Edition | None) -> str:
    return str(edition.number) if edition else ""


def _trials() -> Iterator[str]:
    """Yield a sentence for every trial that is not what its event says, or was not signed so."""
    finished: dict[str, str] = {}
    history = Event.objects.filter(subject__startswith="trial:", kind="finished")
    for events, _ in audit.chunks(history.order_by("subject", "seq")):
        for event in events:
            try:
                finished[event.subject] = orjson.loads(event.data)["document"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # its hash shows that it was edited
    there = set()
    for found, unreadable in audit.chunks(Trial.objects.order_by("id")):
        for pk, why in unreadable:
            yield f"trial {pk}: {why}"
        for trial in found:
            subject = trials.subject(trial)
            there.add(subject)
            if trial.state != TrialState.FINISHED:
                continue
            if wrong := audit.attempt(trial_document.fault, trial):
                yield f"{subject}: {wrong}"
            if finished.get(subject) != trial_document.hashed(trial):
                yield f"{subject}: no event says that it found this"
    for gone in sorted(finished.keys() - there):
        yield f"{gone}: the trial is gone"


def _edition(edition: Edition, published: tuple[Event, dict[str, Any]] | None) -> str:
    if edition_hash(edition.source, edition.engine, edition.city) != edition.hash:
        return "its text is not the one that was published"
    if published is None:
        return "no event speaks of its publication"
    event, data = published
    pack = catalogue.rulebook(edition.pk).pack
    if edition.legal_review != sorted(pack.legal_review):
        return "its legal review is not that of its text"
    if edition.extension != pack.clock.extension:
        return "the days by which its term may be longer are not those of its text"
    for name, is_so in (
        ("service", event.subject == f"service:{edition.service_id}"),
        ("day", data["from"] == str(edition.in_force_from)),
        ("publisher", event.by == edition.published_by),
        ("proposer", data["proposed_by"] == edition.proposed_by),
        ("reason", data["reason"] == edition.reason),
        ("order", data.get("ordered_by", "") == edition.ordered_by),
        ("reason of its order", data.get("order_reason", "") == edition.order_reason),
        ("roll-back", data["rollback_of"] == _number(edition.rollback_of)),
        ("time", event.at == edition.published_at),
    ):
        if not is_so:
            return f"its {name} is not that of its publication"
    return proposals.trial_fault(edition, data)
