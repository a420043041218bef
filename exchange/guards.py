"""What PostgreSQL itself keeps of this app's promises; installed by ``manage.py migrate``."""

from ledger.guards import append_only

HISTORY = ["exchange_lookup"]

# an incoming message is kept as it came; only what became of it is written later, once
GUARDS = [append_only("exchange_message", except_columns=("result",))]
