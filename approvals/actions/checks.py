"""A round of checks: begun with each submission, recorded as the registries answer.

Each return to ``submitted`` asks every registry again, so that no fact is stale (I5).
"""

import datetime
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies, statements
from approvals.actions import clock, evidence, questions
from approvals.models import Application, Check, Evidence
from approvals.progress import wake
from approvals.records import proofs
from approvals.states import CheckState, State
from exchange.registries import Answer, is_remote
from ledger.clock import city_date
from people.actors import Actor
from services.rulebook import Rulebook

FIELDS = (  # of the application, that a new round changes
    "round",
    "submitted_at",
    "checks_due",
    "attempts",
    "leased_until",
    "handover",
    "received_on",
    "correct_by",
    "taken_by",
    "taken_at",
    *clock.FIELDS,
)


def begin_round(
    application: Application, rulebook: Rulebook, now: datetime.datetime
) -> list[Check]:
    """Begin the next round in memory; returns its due checks, unsaved.

    The clock starts, or goes on.
    """
    application.round += 1
    application.submitted_at = now
    application.attempts = 0
    application.leased_until = None
    application.handover = ""
    application.correct_by = application.taken_by_id = application.taken_at = None
    if application.received_on is None:
        application.received_on = city_date(now)
        clock.start(application, rulebook, application.received_on)
    else:
        clock.resume(application, rulebook, city_date(now))
    remote = [key for key in questions.keys(application, rulebook) if is_remote(key[0])]
    application.checks_due = len(remote)
    return [_due(application, key, now) for key in remote]


def ask_further(files: Sequence[evidence.File], *, now: datetime.datetime) -> None:
    """Begin the checks of whom registries have named; the cases wait for them, as for the first.

    One statement; raises ``bulk.Conflict``, and writes nothing, where somebody was faster.
    """
    batch = bulk.Batch()
    applications = [file.application for file in files]
    made = [_due(file.application, key, now) for file in files for key in file.due]
    for file in files:
        file.application.checks_due = len(file.due)
        file.application.leased_until, file.application.attempts = None, 0
    batch.insert(Check, made)
    batch.insert(Evidence, [row for file in files for row in file.unsaved])  # it has named them
    waiting: dict[str, list[Any]] = {
        "state": [State.SUBMITTED] * len(files),
        "checks_due": [0] * len(files),
    }
    batch.update(Application, applications, ("checks_due", "leased_until", "attempts"), old=waiting)
    for registry in sorted({check.registry for check in made}):
        batch.on_commit(partial(wake.tasks, "approvals.check", registry=registry))
    batch.write()


def _due(application: Application, key: questions.Key, now: datetime.datetime) -> Check:
    registry, subject = key
    return bulk.new(
        Check,
        application_id=application.id,
        round=application.round,
        registry=registry,
        subject=subject,
        next_at=now,
    )


def save(checks: Sequence[Check]) -> None:
    """Write a round's checks; after commit wake whoever is next."""
    bulk.insert(Check, checks)
    announce(checks)


def announce(checks: Sequence[Check]) -> None:
    """After commit, wake Celery for a round's checks, or the engine when there are none."""
    registries = sorted({check.registry for check in checks})

    def send() -> None:
        if registries:
            wake.tasks("approvals.check", registry=registries)
        else:
            wake.wake_engine()

    transaction.on_commit(send)


def record_checks(
    *,
    answers: Sequence[tuple[UUID, Answer | None, str, datetime.datetime]],
    by: Actor,
    now: datetime.datetime,
) -> int:
    """Record what other agencies' registries answered; returns how many checks it settled.

    Each item is (check id, answer or None, reason, next try): an answer, found, absent or failed
    for good, becomes evidence; with None the check stays due until its next try. Checks that are
    no longer due, or of an earlier round, are left alone, so doubled tasks do nothing.
    """
    policies.require_machine(by)
    results = {check_id: (answer, reason, next_at) for check_id, answer, reason, next_at in answers}
    ids = [list(results)]
    with transaction.atomic():
        owners = bulk.read(Application, statements.LOCK_OWNERS_OF_CHECKS, ids)
        applications = {a.id: a for a in owners}
        checks = [
            check
            for check in bulk.read(Check, statements.CHECKS_STILL_DUE, ids)
            if (a := applications[check.application_id]).round == check.round
            and a.state == State.SUBMITTED
        ]
        answered: list[tuple[Evidence, Answer]] = []
        for check in checks:
            answer, check.reason, check.next_at = results[check.id]
            check.leased_until, check.attempts = None, 0
            if answer is None:
                continue
            check.state = _settled(answer)
            application = applications[check.application_id]
            application.checks_due -= 1
            answered.append((evidence.evidence_row(application, answer, check.subject), answer))
        rows = [row for row, _ in answered]
        touched = list({e.application_id: applications[e.application_id] for e in rows}.values())
        batch = bulk.Batch()
        batch.update(Check, checks, ("state", "attempts", "reason", "next_at", "leased_until"))
        batch.insert(Evidence, rows)
        proofs.keep(answered, batch, now=now)
        proofs.keep_again([row for row, _ in answered], batch)
        batch.update(Application, touched, ("checks_due",))
        batch.write()
        if any(a.checks_due == 0 for a in touched):
            transaction.on_commit(wake.wake_engine)
    return len(answered)


def _settled(answer: Answer) -> CheckState:
    if answer.outcome != "failed":
        return CheckState.ANSWERED
    return CheckState.UNANSWERED if answer.is_outage else CheckState.FAILED
