"""What PostgreSQL refuses of applications taken at a counter (``approvals.guards`` installs it)."""

from approvals.rows.intakes import WINDOW

# Exactly what came to a counter has an intake: by a clerk of that office at that moment, who takes
# nothing of their own, and nobody acts for themselves as another's representative. Both are written
# in one statement: either trigger sees the other's row.
_INTAKE = f"""
CREATE OR REPLACE FUNCTION approvals_intake_by_clerk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.officer_id
            WHERE a.id = NEW.application_id AND a.channel = '{WINDOW}' AND a.created_at = NEW.at
              AND a.applicant <> NEW.representative
              AND u.is_active AND u.role = 'clerk' AND u.office_id = NEW.office_id
              AND (u.person = '' OR u.person NOT IN (a.applicant, NEW.representative))) THEN
        RAISE EXCEPTION 'intake %: not by a clerk of its office, or of an application of their own',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_intake_by_clerk AFTER INSERT ON approvals_intake
    FOR EACH ROW EXECUTE FUNCTION approvals_intake_by_clerk();
CREATE OR REPLACE FUNCTION approvals_taken_at_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_intake WHERE application_id = NEW.id) THEN
        RAISE EXCEPTION 'application %: taken at a counter, by nobody', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_taken_at_counter AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{WINDOW}')
    EXECUTE FUNCTION approvals_taken_at_counter();
"""  # noqa: S608 - a channel of ours

HISTORY = ("approvals_intake",)
GUARDS = (_INTAKE,)
