"""What is said at the start of every command: a kind of key that nobody has made yet."""

from typing import Any

from django.core import checks

from ledger import keys

KEYS = "keys"  # of a command that shows no page, and asks for this check alone


@checks.register(KEYS)
def every_key_is_made(**options: Any) -> list[checks.CheckMessage]:
    """A release may bring a purpose of its own: what it signs or encrypts fails until it has one.

    Not said where there is no key at all: there nothing has been set up yet.
    """
    missing = keys.missing()
    if not missing or len(missing) == len(keys.PURPOSES):
        return []
    return [
        checks.Warning(
            f"No key for: {', '.join(missing)}. What needs one fails until it is made.",
            hint="Run `manage.py keys make` (docs/keys.md); a process has it within 30 seconds.",
            id="ledger.W001",
        )
    ]
