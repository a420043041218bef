"""Celery tasks: a message is a wake-up and carries nothing."""

from celery import shared_task

from affairs import delivery
from approvals.progress import wake
from ledger.clock import now


@shared_task(name="affairs.deliver")
def deliver() -> None:
    """Send the messages that are due, until none is left."""
    wake.task_began("affairs.deliver")
    while delivery.run(now=now()) == delivery.BATCH:
        pass
