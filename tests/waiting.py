"""Waiting for a condition, with an end."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], seconds: float = 15, pause: float = 0.05) -> bool:
    """Wait until ``condition()`` holds, at most so long; does it hold?"""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)
    return False
