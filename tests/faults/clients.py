"""Clients that keep sending each application, with the same key, until it is acknowledged."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cases import Drawn
from benchmarks.load import Client

PATH = "/api/v1/applications"
THREADS = 8
RETRY_SECONDS = 0.3  # between two attempts at one application
TOO_OFTEN = 429  # all come from one address: what waited through an outage comes at once


@dataclass
class Clients:
    """``allow`` says how many of ``cases`` may have been sent by now."""

    client: Client
    cases: Sequence[Drawn]
    seconds: float = 120  # most for one application
    numbers: dict[int, str] = field(default_factory=dict)  # place in ``cases``: number
    rejected: list[Any] = field(default_factory=list)
    allowed: int = 0
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [
            threading.Thread(target=self._work, args=(first,), daemon=True)
            for first in range(THREADS)
        ]
        for thread in self.threads:
            thread.start()

    def allow(self, more: int) -> None:
        """Let so many more applications be sent now."""
        self.allowed = min(len(self.cases), self.allowed + more)

    def _work(self, first: int) -> None:
        for place in range(first, len(self.cases), THREADS):
            while place >= self.allowed:
                time.sleep(0.01)
            self._submit(place)

    def _submit(self, place: int) -> None:
        key, deadline = f"faults-{uuid.uuid4()}", time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            try:
                status, body = self.client.ask(
                    "POST", PATH, self.cases[place].body(), Idempotency_Key=key
                )
            except (OSError, ValueError):
                status, body = 0, None
            if status in (201, 202):
                self.numbers[place] = body["number"]
                return
            if 400 <= status < 500 and status != TOO_OFTEN:
                self.rejected.append(body)
                return
            time.sleep(RETRY_SECONDS)

    def wait(self, seconds: float = 240) -> None:
        """Let all be sent; raises ``TimeoutError`` when they are not within the time."""
        self.allow(len(self.cases))
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError("not all applications were sent")
