"""Celery's entry point: thin tasks, ids by keyword, one action."""

import time
from uuid import UUID

from celery import shared_task

from approvals.progress import wake
from approvals.sampling import drawing
from approvals.trials import running
from approvals.workers import changes, checks, confirmations
from ledger.clock import now
from people.actors import CLOCK

BATCH = 100
TURN = 10.0  # seconds that a trial has a worker for itself


@shared_task(name="approvals.check")
def check(registry: str) -> None:
    """Ask one registry about everything that is due; what comes later has a message of its own."""
    wake.task_began("approvals.check", registry=registry)
    while checks.run(registry=registry, now=now(), limit=BATCH) == BATCH:
        pass


@shared_task(name="approvals.probe")
def probe(registry: str) -> None:
    """Find out whether a registry answers again, for cases that are with officers without it."""
    wake.task_began("approvals.probe", registry=registry)
    checks.probe(registry=registry, now=now())


@shared_task(name="approvals.confirm")
def confirm() -> None:
    """Ask on for what was granted provisionally, until nothing is left that can be asked now."""
    wake.task_began("approvals.confirm")
    while confirmations.run(now=now(), limit=BATCH) == BATCH:
        pass


@shared_task(name="approvals.recheck")
def recheck() -> None:
    """Judge again what rests on changed records, until none is left that can be judged now."""
    wake.task_began("approvals.recheck")
    while changes.run(now=now()):
        pass


@shared_task(name="approvals.sample")
def sample() -> None:
    """Draw the month that is due for re-review; find others for reviewers who have left."""
    wake.task_began("approvals.sample")
    at = now()
    if month := drawing.due(at):
        drawing.draw(month=month, by=CLOCK, now=at)
    drawing.reassign(by=CLOCK, now=at)


@shared_task(name="approvals.trial", time_limit=300, soft_time_limit=280)
def trial(trial: str) -> None:
    """Work a trial for a while, or until another worker has it; then others have their turn."""
    wake.task_began("approvals.trial", trial=trial)
    until = time.monotonic() + TURN
    while running.advance(UUID(trial), now=now()):
        if time.monotonic() > until:
            wake.tasks("approvals.trial", trial=[trial])
            return
