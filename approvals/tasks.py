"""Celery's entry point: thin tasks, ids by keyword, one action."""

from celery import shared_task

from approvals.progress import wake
from approvals.sampling import drawing
from approvals.workers import changes, checks, confirmations
from ledger.clock import now
from people.actors import CLOCK

BATCH = 100


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
