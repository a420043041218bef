"""A round: each return to ``submitted`` asks every registry again, so no fact is stale (I5)."""

import datetime
from collections.abc import Sequence

from django.db import transaction

import bulk
from approvals.clock import city_date, deadline
from approvals.models import Application, Check
from approvals.workers import wake
from exchange.registries import is_remote
from services.rulebook import Rulebook

FIELDS = (
    "round",
    "submitted_at",
    "checks_due",
    "attempts",
    "leased_until",
    "handover",
    "received_on",
    "due_at",
    "promised_at",
    "due_provisional",
    "correct_by",
    "taken_by",
    "taken_at",
)


def enter(application: Application, rulebook: Rulebook, now: datetime.datetime) -> list[Check]:
    """Begin the next round in memory; returns its due checks, unsaved. The clock starts once."""
    application.round += 1
    application.submitted_at = now
    application.attempts = 0
    application.leased_until = None
    application.handover = ""
    application.correct_by = application.taken_by = application.taken_at = None
    checks = [
        bulk.new(
            Check,
            application_id=application.id,
            round=application.round,
            registry=registry,
            next_at=now,
        )
        for registry in rulebook.pack.registries
        if is_remote(registry)
    ]
    application.checks_due = len(checks)
    if application.received_on is None:
        received = application.received_on = city_date(now)
        statutory, promised = rulebook.pack.clock.statutory, rulebook.pack.clock.promised
        due = deadline(received, statutory.days, statutory.unit)
        hope = deadline(received, promised.days, promised.unit)
        application.due_at, application.promised_at = due.at, hope.at
        application.due_provisional = due.provisional or hope.provisional
    return checks


def save(checks: Sequence[Check]) -> None:
    """Write a round's checks; after commit wake whoever is next."""
    bulk.insert(Check, checks)
    begin(checks)


def begin(checks: Sequence[Check]) -> None:
    """After commit, wake Celery for a round's checks, or the engine when there are none."""
    registries = sorted({check.registry for check in checks})

    def send() -> None:
        if registries:
            wake.tasks("approvals.check", registry=registries)
        else:
            wake.engine()

    transaction.on_commit(send)
