"""What PostgreSQL keeps of files that belong to a case (``approvals.guards`` installs it)."""

from approvals.rows.disputes import QUESTION
from approvals.states import State

# A case has what whoever handed it in, or opened a dispute, had stored, when they do so; from then
# on the file stays. Nothing of the pack rests on a file of a dispute.
_ATTACHED = f"""
CREATE OR REPLACE FUNCTION approvals_attached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a
            JOIN materials_material m ON m.id = NEW.material_id
            JOIN ledger_event e ON e.subject = 'application:' || a.number AND e.seq = a.events
            WHERE a.id = NEW.application_id AND a.round = NEW.round
              AND (e.by = m.by OR a.applicant_kind = 'enterprise'
                AND m.by = 'enterprise:' || a.applicant AND starts_with(e.by, 'citizen:'))
              AND (e.kind IN ('submitted', 'resubmitted', 'material_handed_in')
                  AND a.answers -> NEW.question ? m.sha256
                OR e.kind IN ('submitted', 'resubmitted', 'dispute_opened') AND NEW.facts = ''
                  AND EXISTS (SELECT FROM approvals_dispute x
                    WHERE x.application_id = a.id AND x.opened_by = e.by
                      AND NEW.question = '{QUESTION}' || x.number
                      AND m.sha256 = ANY (string_to_array(x.files, ','))))) THEN
        RAISE EXCEPTION 'attachment %: not of an application that its owner has just handed in',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    UPDATE materials_material SET kept_until = NULL
        WHERE id = NEW.material_id AND kept_until IS NOT NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_attached AFTER INSERT ON approvals_attachment
    FOR EACH ROW EXECUTE FUNCTION approvals_attached();
"""  # noqa: S608 - a word of ours

# Only who has the case says what its files show, and nobody grants what rests on files that no
# officer has read: those facts are unknown.
_READ = f"""
CREATE OR REPLACE FUNCTION approvals_found_by_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a WHERE a.id = NEW.application_id
            AND a.state = '{State.REVIEW}' AND a.taken_by_id = NEW.by_id
            AND approvals_may_handle(a.id, NEW.by_id)) THEN
        RAISE EXCEPTION 'finding %: not by the officer who has the case', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_found_by_officer BEFORE INSERT ON approvals_materialfinding
    FOR EACH ROW EXECUTE FUNCTION approvals_found_by_officer();
CREATE OR REPLACE FUNCTION approvals_granted_as_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_attachment t
            CROSS JOIN jsonb_array_elements(convert_from(NEW.receipt, 'UTF8')::jsonb
                -> 'verdict' -> 'requirements') AS r
            WHERE t.application_id = NEW.application_id AND t.facts <> ''
              AND r -> 'unknown' ?| string_to_array(t.facts, ',')) THEN
        RAISE EXCEPTION 'decision %: it rests on files that no officer has read', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_granted_as_read AFTER INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.live AND NEW.outcome = 'approve' AND NEW.officer_id IS NOT NULL)
    EXECUTE FUNCTION approvals_granted_as_read();
"""  # noqa: S608 - states of ours

HISTORY = ("approvals_attachment", "approvals_materialfinding")
GUARDS = (_ATTACHED, _READ)
