"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from materials import actions, storage

PERIOD = 600  # seconds, as in the settings


def expire(at: datetime.datetime) -> None:
    """Delete the files that no case has and whose time is over."""
    actions.expire(at)


def delete_orphans(at: datetime.datetime) -> None:
    """Look through one folder of the files, the next one the next time: all in two days.

    Who decides cases does this in between, and does not wait for a walk through all files.
    """
    actions.delete_orphans(at, int(at.timestamp() // PERIOD) % storage.FOLDERS)
