"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from operations.counts import adding


def count(at: datetime.datetime) -> bool:
    """Count what has happened; returns whether there is more."""
    return adding.add()
