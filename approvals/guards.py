"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from approvals.models import Consent, Cosignature, Evidence
from approvals.states import EDGES, INITIAL
from ledger.guards import append_only, edges, head_exists
from ledger.row_events import RecordedTable

HISTORY = ("approvals_evidence",)
RECORDED = (RecordedTable(Evidence), RecordedTable(Consent), RecordedTable(Cosignature))
GUARDS = (
    *edges("approvals_application", EDGES, initial=tuple(state.value for state in INITIAL)),
    *head_exists("approvals_application"),
    *append_only("approvals_decision", except_columns=("live",)),
)
