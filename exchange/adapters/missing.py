"""A registry that the city does not have: it answers nothing, so its facts are unknown.

Publishing refuses a pack that names one; should it happen all the same (a registry taken out of
the city's folder while cases are open), an officer decides, and nobody sees an error page.
"""

import datetime

from exchange.queries import Answer, Query

REASON = "no_such_registry"


class Missing:
    """Fails every question with ``REASON``."""

    remote = False

    def __init__(self, registry: str) -> None:
        self.group = registry

    def read(
        self, queries: list[Query], *, now: datetime.datetime, seconds: float | None = None
    ) -> list[Answer]:
        return [Answer(q.registry, q.subject, "failed", at=now, reason=REASON) for q in queries]
