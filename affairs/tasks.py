"""Celery tasks: a message is a wake-up and carries nothing."""

from celery import shared_task

from affairs import delivery, progress
from approvals.progress import wake
from ledger.clock import now


@shared_task(name="affairs.deliver")
def deliver() -> None:
    """Send the messages that are due, until none is left."""
    wake.task_began("affairs.deliver")
    while delivery.run(now=now()) == delivery.BATCH:
        pass


@shared_task(name="affairs.codes")
def codes() -> None:
    """Send the codes that somebody asked for, until none is left."""
    wake.task_began("affairs.codes")
    while progress.send(now=now()) == progress.BATCH:
        pass
