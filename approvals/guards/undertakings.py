"""What PostgreSQL refuses of undertakings, inspections and credit records.

``approvals.guards`` installs it.
"""

from approvals.rows.undertakings import CHANGING, OF_RESULT
from ledger.guards import append_only

# Signed with an application or its correction, by whoever hands it in, where the answers say so;
# ended once. A kept promise is one whose files the answers name by then.
_SIGNED = """
CREATE OR REPLACE FUNCTION approvals_undertaking_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'signed' OR NOT EXISTS (SELECT FROM approvals_application a
            JOIN ledger_event e ON e.subject = 'application:' || a.number AND e.seq = a.events
            WHERE a.id = NEW.application_id AND a.answers -> NEW.box = 'true'
              AND e.by = NEW.signed_by AND e.kind IN ('submitted', 'resubmitted')) THEN
        RAISE EXCEPTION 'undertaking %: not signed by whoever has just handed in its case', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_undertaking_signed AFTER INSERT ON approvals_undertaking
    FOR EACH ROW EXECUTE FUNCTION approvals_undertaking_signed();
CREATE OR REPLACE FUNCTION approvals_undertaking_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'signed' AND (NEW.state, NEW.ended_at)
            IS DISTINCT FROM (OLD.state, OLD.ended_at)
       OR NEW.state IN ('kept', 'lapsed') AND NEW.kind <> 'promise'
       OR NEW.state = 'withdrawn' AND OLD.state = 'signed' AND NEW.kind = 'commitment'
          AND EXISTS (SELECT FROM approvals_decision d
            WHERE d.application_id = NEW.application_id AND d.live) THEN
        RAISE EXCEPTION 'undertaking %: % does not become %', NEW.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_undertaking_ends BEFORE UPDATE ON approvals_undertaking
    FOR EACH ROW EXECUTE FUNCTION approvals_undertaking_ends();
"""

# Nothing is granted while a file is promised without which nothing is granted, nor on a commitment
# without an inspection. Looked at of what was signed alone.
_GRANTED = """
CREATE OR REPLACE FUNCTION approvals_granted_as_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_undertaking u
            WHERE u.application_id = NEW.application_id AND u.waits AND u.state = 'signed') THEN
        RAISE EXCEPTION 'decision %: a promised file is not there', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF convert_from(NEW.receipt, 'UTF8')::jsonb
            @? '$.verdict.requirements[*] ? (@.result == "committed")'
       AND NOT EXISTS (SELECT FROM approvals_inspection i
            WHERE i.application_id = NEW.application_id AND i.done_at IS NULL) THEN
        RAISE EXCEPTION 'decision %: granted on a commitment, and nothing is inspected', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_granted_as_signed AFTER INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.live AND NEW.outcome = 'approve' AND NEW.inputs ? 'undertakings')
    EXECUTE FUNCTION approvals_granted_as_signed();
"""

# An inspection is done once, by an officer who may handle the case and has not decided it; what it
# found untrue, and two officers have revoked, is its applicant's credit record.
_INSPECTED = """
CREATE OR REPLACE FUNCTION approvals_inspected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL AND (NEW.result, NEW.reason, NEW.rectify_by, NEW.done_by_id,
            NEW.done_at) IS DISTINCT FROM (OLD.result, OLD.reason, OLD.rectify_by, OLD.done_by_id,
            OLD.done_at)
       OR OLD.done_at IS NULL AND NEW.done_at IS NOT NULL
          AND NOT approvals_may_handle(NEW.application_id, NEW.done_by_id) THEN
        RAISE EXCEPTION 'inspection %: done before, or by nobody who may', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_inspected BEFORE UPDATE ON approvals_inspection
    FOR EACH ROW EXECUTE FUNCTION approvals_inspected();
CREATE OR REPLACE FUNCTION approvals_credit_of_untruth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_inspection i
            JOIN approvals_application a ON a.id = i.application_id
            JOIN certificates_certificate c ON c.application = a.number AND c.holder = a.applicant
            JOIN certificates_certificate v ON v.kind = c.kind AND v.number = c.number
            JOIN certificates_revocation r ON r.certificate_id = v.id
            WHERE i.id = NEW.inspection_id AND i.result = 'untrue' AND a.applicant = NEW.person
              AND r.filing_id IS NULL AND r.ground = 'deception'
              AND r.confirmed_by_id IS NOT NULL) THEN
        RAISE EXCEPTION 'credit record %: of nothing that was found untrue and revoked', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_credit_of_untruth BEFORE INSERT ON approvals_creditrecord
    FOR EACH ROW EXECUTE FUNCTION approvals_credit_of_untruth();
"""

HISTORY = ("approvals_creditrecord",)
GUARDS = (
    *append_only("approvals_undertaking", except_columns=(*CHANGING, "reminded_at")),
    *append_only("approvals_inspection", except_columns=(*OF_RESULT, "escalated_at")),
    _SIGNED,
    _GRANTED,
    _INSPECTED,
)
