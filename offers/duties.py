"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from approvals.progress import wake
from offers.actions import ending, orders
from people.actors import CLOCK


def drive(at: datetime.datetime) -> None:
    """Send the task that scans, where something is ordered."""
    if orders.waiting(at):
        wake.tasks("offers.scan")


def follow(at: datetime.datetime) -> None:
    """Order the month's scans, once each; end what is over, or no longer supported by records."""
    orders.order_month(by=CLOCK, now=at)
    ending.expire(now=at)
    ending.look_again(now=at)
