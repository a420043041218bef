"""What PostgreSQL itself refuses of re-reviews (双随机); a part of ``approvals.guards``."""

from approvals.models import SampleDraw, SampleFinding, SampleReview
from ledger.guards import append_only
from ledger.row_events import RecordedTable

# A drawn case is looked at by a clerk of its office and region who had nothing to do with it; what
# was answered stays; a finding is its reviewer's, and another such clerk settles it, once.
SAMPLING = """
CREATE OR REPLACE FUNCTION approvals_sample_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.answered_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_decision d WHERE d.id = NEW.decision_id
              AND d.application_id = NEW.application_id AND d.officer_id IS NULL
              AND (d.outcome = 'approve') <> NEW.is_control))
        OR TG_OP = 'UPDATE' AND OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'review %: answered before, or of no such decision of the machine', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reviewer_id IS NOT NULL AND NOT approvals_may_handle(
            NEW.application_id, NEW.reviewer_id) THEN
        RAISE EXCEPTION 'review %: its officer is of elsewhere, or decided this case', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF (TG_OP = 'INSERT' OR NEW.reviewer_id IS DISTINCT FROM OLD.reviewer_id) AND EXISTS (
            SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.reviewer_id
            WHERE a.id = NEW.application_id AND (
                EXISTS (SELECT FROM ledger_event e WHERE e.subject = 'application:' || a.number
                    AND e.by = 'officer:' || u.username)
                OR EXISTS (SELECT FROM people_reading r WHERE r.kind = 'case'
                    AND r.subject = a.number AND r.by = 'officer:' || u.username))) THEN
        RAISE EXCEPTION 'review %: its officer has had to do with the case', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_sample_review BEFORE INSERT OR UPDATE
    ON approvals_samplereview FOR EACH ROW EXECUTE FUNCTION approvals_sample_review();
CREATE OR REPLACE FUNCTION approvals_sample_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_samplereview r WHERE r.id = NEW.review_id
              AND r.answer = 'reject' AND NOT r.is_control AND r.reviewer_id = NEW.found_by_id))
        OR TG_OP = 'UPDATE' AND (OLD.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_samplereview r WHERE r.id = NEW.review_id
              AND approvals_may_handle(r.application_id, NEW.settled_by_id))) THEN
        RAISE EXCEPTION 'finding %: not its reviewer''s, settled before, or by one of elsewhere',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_sample_finding BEFORE INSERT OR UPDATE
    ON approvals_samplefinding FOR EACH ROW EXECUTE FUNCTION approvals_sample_finding();
"""

HISTORY = ("approvals_sampledraw",)
RECORDED = (RecordedTable(SampleDraw), RecordedTable(SampleReview), RecordedTable(SampleFinding))
GUARDS = (
    *append_only(
        "approvals_samplereview",
        except_columns=(
            *("reviewer_id", "assigned_at", "answer", "conditions", "reason", "answered_at"),
        ),
    ),
    *append_only(
        "approvals_samplefinding",
        except_columns=("settled_by_id", "settled_at", "confirmed", "note", "ground", "test"),
    ),
    SAMPLING,
)
