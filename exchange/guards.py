"""What PostgreSQL itself keeps of this app's promises; installed by ``manage.py migrate``."""

from collections.abc import Sequence

from ledger.guards import append_only

# an incoming message is kept as it came; what became of it is written later
GUARDS: Sequence[str] = append_only("exchange_message", ("result",))
HISTORY: Sequence[str] = ("exchange_lookup",)
