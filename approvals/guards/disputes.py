"""What PostgreSQL refuses of disputes (``approvals.guards`` installs it)."""

from approvals.rows.disputes import CHANGING, LIVE, MOVES, DisputeState
from approvals.rows.intakes import Acting
from approvals.states import State
from ledger.guards import append_only

_LIVE = ", ".join(f"'{state}'" for state in sorted(state.value for state in LIVE))
_MOVES = ", ".join(
    f"('{before}', '{after}')" for before in sorted(MOVES) for after in sorted(MOVES[before])
)

# A dispute is counted in its own case, by the case's applicant, their guardian, or the agency that
# handed it in. It moves along its edges; each reading of the record is written once.
_DISPUTE = f"""
CREATE OR REPLACE FUNCTION approvals_dispute_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND ((OLD.state, NEW.state) IN ({_MOVES})) IS NOT TRUE
       OR OLD.record_hash IS NOT NULL AND
            (NEW.record_value, NEW.record_version, NEW.record_hash, NEW.record_read_at)
            IS DISTINCT FROM
            (OLD.record_value, OLD.record_version, OLD.record_hash, OLD.record_read_at)
       OR OLD.corrected_hash IS NOT NULL AND (NEW.corrected_value,
            NEW.corrected_version, NEW.corrected_hash, NEW.corrected_read_at)
            IS DISTINCT FROM (OLD.corrected_value,
            OLD.corrected_version, OLD.corrected_hash, OLD.corrected_read_at)
       OR OLD.notified_at IS NOT NULL AND (NEW.notified_at, NEW.due_at)
            IS DISTINCT FROM (OLD.notified_at, OLD.due_at)
       OR OLD.answered_at IS NOT NULL AND (NEW.answered_at, NEW.answer)
            IS DISTINCT FROM (OLD.answered_at, OLD.answer)
       OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'dispute %: % does not become %, nor what was written otherwise',
            NEW.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_dispute_moves BEFORE UPDATE ON approvals_dispute
    FOR EACH ROW EXECUTE FUNCTION approvals_dispute_moves();
CREATE OR REPLACE FUNCTION approvals_dispute_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('{DisputeState.OPEN}', '{DisputeState.NOTIFIED}')
       OR NOT EXISTS (SELECT FROM approvals_application a WHERE a.id = NEW.application_id
            AND a.disputes >= NEW.number AND NEW.number > 0
            AND (NEW.opened_by = 'citizen:' || a.applicant
                OR a.applicant_kind = 'enterprise' AND starts_with(NEW.opened_by, 'citizen:')
                OR NEW.opened_by = 'agency:' || a.client_id
                OR EXISTS (SELECT FROM approvals_representation r
                    WHERE r.application_id = a.id AND r.acting = '{Acting.GUARDIAN}'
                      AND NEW.opened_by = 'citizen:' || r.representative))) THEN
        RAISE EXCEPTION 'dispute %: not of a case by its own applicant', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_dispute_of_case AFTER INSERT ON approvals_dispute
    FOR EACH ROW EXECUTE FUNCTION approvals_dispute_of_case();
"""  # noqa: S608 - states of ours

# The machine approves nothing that rests on a record which is disputed. Looked at after the
# statement that settles a dispute and decides, and of cases with a dispute alone.
_UNDISPUTED = f"""
CREATE OR REPLACE FUNCTION approvals_undisputed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_dispute x
            WHERE x.application_id = NEW.id AND x.state IN ({_LIVE}))
       AND NOT EXISTS (SELECT FROM approvals_decision d
            WHERE d.application_id = NEW.id AND d.live AND d.officer_id IS NOT NULL) THEN
        RAISE EXCEPTION 'case %: a record is disputed, and no officer has decided', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_undisputed AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN (NEW.state = '{State.APPROVED}' AND NEW.state <> OLD.state
        AND NEW.disputes > 0)
    EXECUTE FUNCTION approvals_undisputed();
CREATE OR REPLACE FUNCTION approvals_disputes_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'case %: its disputes do not become fewer', NEW.number
        USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER approvals_disputes_grow BEFORE UPDATE OF disputes
    ON approvals_application FOR EACH ROW WHEN (NEW.disputes < OLD.disputes)
    EXECUTE FUNCTION approvals_disputes_grow();
"""  # noqa: S608 - states of ours

GUARDS = (
    *append_only("approvals_dispute", except_columns=(*CHANGING, "reminded_at")),
    _DISPUTE,
    _UNDISPUTED,
)
