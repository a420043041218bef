"""What one of the engines does for this app from time to time (``config.duties``)."""

import datetime

from credentials import actions


def erase(now: datetime.datetime) -> None:
    """Erase what was shown to officers and is over."""
    actions.erase(now)
