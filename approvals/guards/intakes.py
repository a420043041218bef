"""What PostgreSQL refuses of applications taken at a counter (``approvals.guards`` installs it)."""

from approvals.rows.intakes import FIRST, WINDOW
from approvals.states import State

# Whose case it is: the applicant, and who acted for them. Nobody handles, permits or
# reviews at the desk what is their own (回避); ``policies.is_party`` asks the same.
PARTY = """
CREATE OR REPLACE FUNCTION approvals_is_party(case_id uuid, officer bigint) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = officer
        WHERE a.id = case_id AND u.person <> '' AND (u.person = a.applicant
            OR EXISTS (SELECT FROM approvals_intake i
                WHERE i.application_id = a.id AND i.representative = u.person)
            OR EXISTS (SELECT FROM approvals_representation r
                WHERE r.application_id = a.id AND r.representative = u.person)))
$$;
"""

# Exactly what came to a counter has an intake, and exactly what an officer handed in again: by a
# clerk of that office at that moment, who takes nothing of their own, and nobody acts for
# themselves as another's representative. Both are written in one statement: either trigger sees the
# other's row.
_INTAKE = f"""
CREATE OR REPLACE FUNCTION approvals_intake_by_clerk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.officer_id
            WHERE a.id = NEW.application_id AND a.round = NEW.round
              AND (NEW.round = {FIRST} AND a.channel = '{WINDOW}' AND a.created_at = NEW.at
                OR NEW.round > {FIRST} AND EXISTS (SELECT FROM ledger_event e
                    WHERE e.subject = 'application:' || a.number AND e.seq = a.events
                      AND e.kind = 'resubmitted' AND e.by = 'officer:' || u.username
                      AND e.at = NEW.at))
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
    IF NOT EXISTS (SELECT FROM approvals_intake
            WHERE application_id = NEW.id AND round = {FIRST}) THEN
        RAISE EXCEPTION 'application %: taken at a counter, by nobody', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_taken_at_counter AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{WINDOW}')
    EXECUTE FUNCTION approvals_taken_at_counter();
CREATE OR REPLACE FUNCTION approvals_corrected_at_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_event e WHERE e.subject = 'application:' || NEW.number
            AND e.seq = NEW.events AND e.by LIKE 'officer:%')
       AND NOT EXISTS (SELECT FROM approvals_intake
            WHERE application_id = NEW.id AND round = NEW.round) THEN
        RAISE EXCEPTION 'application %: corrected by an officer, and nobody came', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_corrected_at_counter AFTER UPDATE OF state
    ON approvals_application FOR EACH ROW
    WHEN (OLD.state = '{State.RETURNED}' AND NEW.state = '{State.SUBMITTED}')
    EXECUTE FUNCTION approvals_corrected_at_counter();
"""  # noqa: S608 - a channel and states of ours

HISTORY = ("approvals_intake",)
GUARDS = (_INTAKE,)
