"""Celery tasks: a message is a wake-up and carries nothing."""

from celery import shared_task

from exchange import delivery
from ledger import clock


@shared_task(name="exchange.deliver")
def deliver() -> None:
    """Start sending the notices that are due."""
    delivery.start(now=clock.now())
