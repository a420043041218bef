"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from approvals.models import Consent, Cosignature, Evidence
from approvals.states import EDGES, INITIAL, OPEN, SETTLED, State
from ledger.guards import append_only, edges, head_exists
from ledger.row_events import RecordedTable


def _listed(states: object) -> str:
    return ", ".join(f"'{state}'" for state in sorted(map(str, states)))  # type: ignore[call-overload]


# What may exist once is held from the submission or the approval until the application is settled
# or its certificate ends. Reopened, a case holds again what nobody else has taken meanwhile.
_HOLD = f"""
CREATE OR REPLACE FUNCTION approvals_hold_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = '{State.APPROVED}' THEN
        UPDATE approvals_guardkey SET held = while_live
            WHERE application_id = NEW.id AND held IS DISTINCT FROM while_live;
    ELSIF NEW.state IN ({_listed(SETTLED)}) THEN
        UPDATE approvals_guardkey SET held = false
            WHERE application_id = NEW.id AND held AND NOT (while_live AND EXISTS (
                SELECT FROM certificates_certificate
                WHERE application = NEW.number AND application <> ''
                  AND state IN ('valid', 'suspended')));
    ELSIF OLD.state IN ({_listed(SETTLED)}) THEN
        UPDATE approvals_guardkey k SET held = true
            WHERE application_id = NEW.id AND while_open AND NOT held
              AND NOT EXISTS (SELECT FROM approvals_guardkey o WHERE o.key = k.key AND o.held);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_hold_keys AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_hold_keys();
"""  # noqa: S608 - states of ours
_RELEASE = f"""
CREATE OR REPLACE FUNCTION approvals_release_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('valid', 'suspended') OR NEW.application = '' THEN
        RETURN NULL;
    END IF;
    UPDATE approvals_guardkey k SET held = false FROM approvals_application a
        WHERE a.number = NEW.application AND k.application_id = a.id AND k.held
          AND NOT (k.while_open AND a.state IN ({_listed(OPEN)}))
          AND NOT EXISTS (SELECT FROM certificates_certificate
              WHERE application = NEW.application AND application <> ''
                AND state IN ('valid', 'suspended'));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_release_keys AFTER UPDATE OF state ON certificates_certificate
    FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_release_keys();
"""  # noqa: S608 - states of ours

# who decided before does not decide what was reopened
_ANOTHER_OFFICER = """
CREATE OR REPLACE FUNCTION approvals_another_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_decision
               WHERE application_id = NEW.application_id AND officer_id = NEW.officer_id
                 AND outcome IN ('approve', 'refuse')) THEN
        RAISE EXCEPTION 'decision %: the same officer decided this case before', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_another_officer BEFORE INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.live AND NEW.officer_id IS NOT NULL)
    EXECUTE FUNCTION approvals_another_officer();
"""

HISTORY = ("approvals_evidence",)
RECORDED = (RecordedTable(Evidence), RecordedTable(Consent), RecordedTable(Cosignature))
GUARDS = (
    *edges("approvals_application", EDGES, initial=tuple(state.value for state in INITIAL)),
    *head_exists("approvals_application"),
    *append_only("approvals_decision", except_columns=("live",)),
    _ANOTHER_OFFICER,
    _HOLD,
    _RELEASE,
)
