"""Celery's door: thin tasks, ids by keyword, one verb."""

from celery import shared_task

from approvals import checks, wake
from approvals.clock import now


@shared_task(name="approvals.check")
def check(registry: str) -> None:
    """Ask one registry about everything that is due, until nothing is."""
    wake.taken("approvals.check", registry=registry)
    while checks.run(registry=registry, now=now()):
        pass
