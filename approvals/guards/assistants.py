"""What PostgreSQL refuses of assistants and their mandates (``approvals.guards`` installs it)."""

from approvals.models import Assistant, AssistantCall, AssistantMandate, AssistantSubmission
from approvals.rows.assistants import ASSISTANT, BY_RIGHT, LONGEST
from ledger.guards import append_only
from ledger.row_events import RecordedTable

# A citizen gives it, to an assistant at work, for 90 days at most; ended, it stays so.
_MANDATE = f"""
CREATE OR REPLACE FUNCTION approvals_assistant_mandate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.ended_at IS NOT NULL
            OR NEW.ends_at > NEW.given_at + interval '{LONGEST + 1} days'
            OR jsonb_array_length(NEW.services) = 0
            OR NOT EXISTS (SELECT FROM people_user u WHERE u.id = NEW.citizen_id AND u.is_active
                AND u.role = 'citizen' AND u.subject <> '')
            OR NOT EXISTS (SELECT FROM approvals_assistant a
                WHERE a.code = NEW.assistant_id AND a.active))
       OR TG_OP = 'UPDATE' AND OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'mandate %: of no citizen, to no assistant, too long, or over', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_assistant_mandate BEFORE INSERT OR UPDATE
    ON approvals_assistantmandate FOR EACH ROW EXECUTE FUNCTION approvals_assistant_mandate();
"""  # noqa: S608 - a number of ours

# Exactly what came by this channel has one, of its applicant's mandate in force, for that service,
# within its number. Whoever submits or ends it meanwhile waits for this statement, or this one for
# them; NO KEY UPDATE, as two that hold the key's share lock would wait for each other.
_SUBMISSION = f"""
CREATE OR REPLACE FUNCTION approvals_assisted_by_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM approvals_assistantmandate WHERE id = NEW.mandate_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM approvals_assistantmandate m
            JOIN approvals_assistant s ON s.code = m.assistant_id AND s.active
            JOIN people_user u ON u.id = m.citizen_id AND u.is_active
            JOIN approvals_application a ON a.id = NEW.application_id
            WHERE m.id = NEW.mandate_id AND a.channel = '{ASSISTANT}' AND a.created_at = NEW.at
              AND a.applicant_kind = 'person' AND a.applicant = u.subject
              AND m.services ? a.service_id::text AND m.ended_at IS NULL
              AND NEW.at >= m.given_at AND NEW.at < m.ends_at
              AND m.submissions >= (SELECT count(*) FROM approvals_assistantsubmission
                  WHERE mandate_id = m.id)) THEN
        RAISE EXCEPTION 'submission %: beyond the mandate of the assistant', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = '{BY_RIGHT}';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_assisted_by_right AFTER INSERT ON approvals_assistantsubmission
    FOR EACH ROW EXECUTE FUNCTION approvals_assisted_by_right();
CREATE OR REPLACE FUNCTION approvals_handed_in_by_assistant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_assistantsubmission s WHERE s.application_id = NEW.id) THEN
        RAISE EXCEPTION 'application %: handed in by an assistant, by none', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_handed_in_by_assistant AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{ASSISTANT}')
    EXECUTE FUNCTION approvals_handed_in_by_assistant();
"""  # noqa: S608 - a channel of ours

HISTORY = ("approvals_assistantsubmission", "approvals_assistantcall")
RECORDED = (
    RecordedTable(Assistant),
    RecordedTable(AssistantMandate),
    RecordedTable(AssistantSubmission),
    RecordedTable(AssistantCall),
)
GUARDS = (
    *append_only("approvals_assistantmandate", except_columns=("ended_at", "ended_by")),
    _MANDATE,
    _SUBMISSION,
)
