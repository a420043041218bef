"""Celery tasks: a message is a wake-up and carries nothing."""

import logging

from celery import shared_task

from approvals.progress import wake
from ledger.clock import now
from offers.actions import orders, scanning
from people.actors import CLOCK

log = logging.getLogger(__name__)
HOUR = 3600  # seconds: a city of 18 million takes minutes


@shared_task(name="offers.scan", time_limit=HOUR, soft_time_limit=HOUR - 60)
def scan() -> None:
    """Run what is ordered, the oldest first; what fails is tried again, three times in all."""
    wake.task_began("offers.scan")
    for order in orders.waiting(now()):
        try:
            scanning.run(order=order, by=CLOCK, now=now())
        except Exception:
            log.exception("scan %s failed", order)
