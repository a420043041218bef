"""Celery tasks: a message is a wake-up and carries nothing."""

from celery import shared_task

from exchange import delivery, owners, senders
from ledger import clock


@shared_task(name="exchange.deliver")
def deliver() -> None:
    """Start sending the notices that are due."""
    senders.start(now=clock.now())


@shared_task(name="exchange.tell_owners")
def tell_owners() -> None:
    """Write to the engineers of endpoints that keep failing, and shorten the log of attempts."""
    now = clock.now()
    owners.tell(now)
    delivery.forget(now)
