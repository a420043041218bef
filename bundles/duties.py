"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from bundles import drafts, following

BATCH = 50  # steps between two batches of the engine


def follow(at: datetime.datetime) -> bool:
    """Hand in the steps whose turn has come; returns whether there may be more."""
    return following.follow(at, BATCH) == BATCH


def expire_drafts(at: datetime.datetime) -> None:
    """Delete the drafts whose time is over."""
    drafts.expire(at)
