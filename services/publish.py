"""Publishing an edition: checked first, then written with its Event, never changed again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from city.errors import SourceError, first_of
from ledger import events
from ledger.models import Event
from services import trial
from services.edition import ENGINE, Draft, draft
from services.models import Edition, Service
from services.pack import city_check, lint
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Checked:
    """A pack that may be published, and what its author should still know."""

    rulebook: Rulebook
    warnings: tuple[SourceError, ...]


def check(text: str, file: str = "pack.yaml") -> Checked:
    """Everything that publishing demands: shape, types, form, lint, the pack's own tests.

    And that the city has what the pack names: registries with their fields, offices, partners.

    Raises ``SourceError`` (with ``.all()``) when anything is wrong.
    """
    return _checked(draft(text, file, city=settings.CITY), file)


def _checked(read: Draft, file: str) -> Checked:
    book = read.rulebook()
    results = list(lint.findings(read.source, read.pack, read.program))
    found = [fault for is_fault, fault in results if is_fault]
    found += city_check.faults(read.source, read.pack, settings.CITY)
    found += trial.faults(book, file)
    if found:
        raise first_of(found)
    return Checked(book, tuple(remark for is_fault, remark in results if not is_fault))


def publish(text: str, *, by: object, now: datetime.datetime, file: str = "pack.yaml") -> Edition:
    """Publish a pack's text as the next edition of its service; returns the edition.

    A text that was published before gives the edition that exists, and nothing is written.
    Raises ``SourceError`` and writes nothing when the pack is not right. ``now`` is aware.
    """
    read = draft(text, file, city=settings.CITY)
    digest = read.digest()
    earlier = Edition.objects.filter(hash=digest).first()
    if earlier is not None:
        return earlier
    book = _checked(read, file).rulebook
    with transaction.atomic():
        service = _locked(book.code)
        earlier = Edition.objects.filter(hash=digest).first()
        if earlier is not None:  # somebody published it while we checked
            return earlier
        latest = Edition.objects.filter(service=service).order_by("-number").first()
        edition = Edition(
            service=service,
            number=latest.number + 1 if latest else 1,
            source=text,
            city=dict(read.city),
            hash=digest,
            engine=ENGINE,
            in_force_from=book.pack.in_force_from,
            published_at=now,
            published_by=str(by),
        )
        data = {
            "edition": digest,
            "number": str(edition.number),
            "from": str(book.pack.in_force_from),
        }
        record(service, "published", by=by, now=now, data=data)
        edition.save(force_insert=True)
    return edition


def switch(
    service: str,
    *,
    by: object,
    now: datetime.datetime,
    enabled: bool | None = None,
    automatic: bool | None = None,
    reason: str = "",
) -> Service:
    """Open or close a service, or suspend its automatic approval (``automatic`` off).

    Writes the Event that the guard of the table asks for; raises ``Service.DoesNotExist``.
    """
    with transaction.atomic():
        found = Service.objects.select_for_update().get(pk=service)
        before = (found.enabled, found.automatic)
        found.enabled = found.enabled if enabled is None else enabled
        found.automatic = found.automatic if automatic is None else automatic
        if (found.enabled, found.automatic) != before:
            data = {"enabled": found.enabled, "automatic": found.automatic, "reason": reason}
            record(found, "switched", by=by, now=now, data=data)
    return found


def record(
    service: Service, kind: str, *, by: object, now: datetime.datetime, data: dict[str, Any]
) -> None:
    """Write an Event of a locked service, and the service with it."""
    event = events.append(service, f"service:{service.code}", kind, by=by, now=now, data=data)
    bulk.insert(Event, [event])
    bulk.update(Service, [service], ["enabled", "automatic", "events", "head"])


def _locked(code: str) -> Service:
    Service.objects.bulk_create([Service(code=code)], ignore_conflicts=True)
    return Service.objects.select_for_update().get(pk=code)
