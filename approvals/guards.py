"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from approvals.states import EDGES
from ledger.guards import append_only, edges

HISTORY = ("approvals_evidence", "approvals_decision")
GUARDS = (
    *edges("approvals_application", EDGES, initial=("draft", "submitted")),
    *append_only("approvals_evidence"),
    *append_only("approvals_decision", except_columns=("live",)),
)
