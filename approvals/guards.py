"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from approvals.states import EDGES, INITIAL
from ledger.guards import append_only, edges, head_exists

HISTORY = ("approvals_evidence",)
GUARDS = (
    *edges("approvals_application", EDGES, initial=tuple(state.value for state in INITIAL)),
    *head_exists("approvals_application"),
    *append_only("approvals_decision", except_columns=("live",)),
)
