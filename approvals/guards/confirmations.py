"""What PostgreSQL refuses of provisional approvals (``approvals.guards`` installs it)."""

from approvals.rows.confirmations import ASKING, ENDING
from ledger.guards import append_only

# What a condition is granted on before anybody has answered is the machine's, says until when it is
# confirmed, and has its confirmation due; nothing else has one. What confirms names a decision of
# the same case, whose confirmation is over with it. Looked at of what nobody had answered, or what
# names another decision.
_GRANTED = """
CREATE OR REPLACE FUNCTION approvals_granted_provisionally() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receipt jsonb := convert_from(NEW.receipt, 'UTF8')::jsonb;
    open boolean := receipt @? '$.verdict.requirements[*] ? (@.result == "unconfirmed")';
BEGIN
    IF open <> (receipt ? 'provisional') OR open AND (NEW.officer_id IS NOT NULL
            OR NOT EXISTS (SELECT FROM approvals_confirmation c
                WHERE c.decision_id = NEW.id AND c.state = 'due'
                  AND c.application_id = NEW.application_id
                  AND c.until::text = receipt #>> '{provisional,until}')) THEN
        RAISE EXCEPTION 'decision %: granted on what nobody has answered, without a confirmation',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_granted_provisionally AFTER INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.live AND NEW.outcome = 'approve' AND NEW.inputs ? 'unanswered')
    EXECUTE FUNCTION approvals_granted_provisionally();
CREATE OR REPLACE FUNCTION approvals_confirmation_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'due' OR NOT EXISTS (SELECT FROM approvals_decision d
            WHERE d.id = NEW.decision_id AND d.application_id = NEW.application_id AND d.live
              AND convert_from(d.receipt, 'UTF8')::jsonb ? 'provisional') THEN
        RAISE EXCEPTION 'confirmation %: of no provisional approval', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_confirmation_made AFTER INSERT ON approvals_confirmation
    FOR EACH ROW EXECUTE FUNCTION approvals_confirmation_made();
CREATE OR REPLACE FUNCTION approvals_confirmation_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'due'
       OR NEW.state = 'confirmed' AND NOT EXISTS (SELECT FROM approvals_decision d
            WHERE d.application_id = NEW.application_id AND d.live AND d.outcome = 'approve'
              AND convert_from(d.receipt, 'UTF8')::jsonb #>> '{confirms,decision}'
                = NEW.decision_id::text)
       OR NEW.state IN ('contradicted', 'overdue') AND NOT EXISTS (
            SELECT FROM approvals_application a
            WHERE a.id = NEW.application_id AND a.state = 'review') THEN
        RAISE EXCEPTION 'confirmation %: % does not become %', NEW.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_confirmation_ends BEFORE UPDATE OF state
    ON approvals_confirmation FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_confirmation_ends();
"""

GUARDS = (
    *append_only("approvals_confirmation", except_columns=(*ASKING, *ENDING)),
    _GRANTED,
)
