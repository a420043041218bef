"""A registry that the city does not have: it answers nothing, so its facts are unknown.

Publishing refuses a pack that names one; should it happen all the same (a registry taken out of
the city's folder while cases are open), an officer decides, and nobody sees an error page.
"""

import datetime

from exchange.wants import Answer, Want

REASON = "no_such_registry"


class Missing:
    """Fails every question with ``REASON``."""

    remote = False

    def __init__(self, registry: str) -> None:
        self.house = registry

    def read(self, wants: list[Want], *, now: datetime.datetime) -> list[Answer]:
        return [Answer(w.registry, w.subject, "failed", at=now, reason=REASON) for w in wants]
