"""What the reconciler does for clauses (``settings.FURTHER_DUTIES``)."""

import datetime

from people.actors import CLOCK
from services.clauses import tasks


def follow(at: datetime.datetime) -> None:
    """Open tasks for amended clauses; settle those that a later edition has settled."""
    tasks.follow(by=CLOCK, now=at)
