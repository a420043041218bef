"""Celery's door: thin tasks, ids by keyword, one verb."""

from celery import shared_task

from approvals import checks, wake
from approvals.clock import now

BATCH = 100


@shared_task(name="approvals.check")
def check(registry: str) -> None:
    """Ask one registry about everything that is due; what comes later has a message of its own."""
    wake.taken("approvals.check", registry=registry)
    while checks.run(registry=registry, now=now(), limit=BATCH) == BATCH:
        pass
