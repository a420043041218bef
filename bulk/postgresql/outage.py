"""What must be written although PostgreSQL is away for a moment."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")
PAUSE = 0.3  # seconds between two tries


def through_outage(action: Callable[[], T], *, seconds: float) -> T:
    """Call ``action`` until PostgreSQL takes it, at most so long; then its error is raised.

    For a result that was dear to get, such as the answer of another agency. Call it outside a
    transaction, with an action that may be repeated: the commit of the first call may have been
    carried out and only its confirmation lost.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE)
