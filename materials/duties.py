"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from materials import actions


def expire(at: datetime.datetime) -> None:
    """Delete the files that no case has and whose time is over."""
    actions.expire(at)
