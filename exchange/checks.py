"""What is said at the start of every command: registries that nobody can ask for want of a key."""

import datetime
from typing import Any

from django.core import checks

from exchange import registry_key_changes
from exchange.registry_keys import Unusable
from ledger import keys
from ledger.checks import KEYS


@checks.register(KEYS)
def every_registry_has_keys(**options: Any) -> list[checks.CheckMessage]:
    """Not said where there is no key at all: there nothing has been set up yet."""
    if len(keys.missing()) == len(keys.PURPOSES):
        return []
    now = datetime.datetime.now(datetime.UTC)
    wrong = []
    for registry in registry_key_changes.of_city():
        try:
            registry.both(now)
        except Unusable as error:
            wrong.append(str(error))
    if not wrong:
        return []
    return [
        checks.Warning(
            f"Registries that are not asked: {'; '.join(wrong)}.",
            hint="See docs/registry-keys.md; a process has a key at its next question.",
            id="exchange.W001",
        )
    ]
