"""What PostgreSQL refuses of acting for another online (``approvals.guards`` installs it)."""

from approvals.rows.intakes import Acting
from ledger.guards import append_only

# A citizen gives it, for another, not yet ended; ended, it stays so.
_MANDATE = """
CREATE OR REPLACE FUNCTION approvals_mandate_of_citizen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.ended_at IS NOT NULL OR NOT EXISTS (SELECT FROM people_user u
            WHERE u.id = NEW.principal_id AND u.is_active AND u.role = 'citizen'
              AND u.subject NOT IN ('', NEW.agent)) OR NEW.enterprise_id = NEW.agent)
       OR TG_OP = 'UPDATE' AND OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'mandate %: of no citizen, for themselves, or over', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_mandate_of_citizen BEFORE INSERT OR UPDATE
    ON approvals_mandate FOR EACH ROW EXECUTE FUNCTION approvals_mandate_of_citizen();
"""

# Exactly what came by such a channel has one, by another person, with the case: a person's by a
# guardian or an agent, an enterprise's by its representative or an agent. An agent's mandate is the
# applicant's, for that service, and in force at that moment: whoever ends it meanwhile waits for
# this statement, or this one for them.
_REPRESENTATION = f"""
CREATE OR REPLACE FUNCTION approvals_represented_by_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.mandate_id IS NOT NULL THEN
        PERFORM FROM approvals_mandate WHERE id = NEW.mandate_id FOR SHARE;
    END IF;
    IF NOT EXISTS (SELECT FROM approvals_application a WHERE a.id = NEW.application_id
            AND a.channel = NEW.acting AND a.created_at = NEW.at
            AND CASE a.applicant_kind WHEN 'person' THEN NEW.acting <> '{Acting.STATUTORY}'
                ELSE NEW.acting <> '{Acting.GUARDIAN}' END
            AND a.applicant <> NEW.representative)
       OR NEW.acting = '{Acting.AGENT}' AND NOT EXISTS (
            SELECT FROM approvals_mandate m JOIN people_user u ON u.id = m.principal_id
            JOIN approvals_application a ON a.id = NEW.application_id
            WHERE m.id = NEW.mandate_id AND m.agent = NEW.representative
              AND CASE a.applicant_kind WHEN 'person'
                THEN m.enterprise_id IS NULL AND u.subject = a.applicant
                ELSE m.enterprise_id = a.applicant END
              AND m.service_id = a.service_id AND m.ended_at IS NULL
              AND NEW.at >= m.given_at AND NEW.at < m.ends_at) THEN
        RAISE EXCEPTION 'representation %: by no right to act for this applicant', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_represented_by_right AFTER INSERT ON approvals_representation
    FOR EACH ROW EXECUTE FUNCTION approvals_represented_by_right();
CREATE OR REPLACE FUNCTION approvals_handed_in_for_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_representation r
            WHERE r.application_id = NEW.id AND r.acting = NEW.channel) THEN
        RAISE EXCEPTION 'application %: handed in for another, by nobody', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_handed_in_by_guardian AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{Acting.GUARDIAN}')
    EXECUTE FUNCTION approvals_handed_in_for_another();
CREATE OR REPLACE TRIGGER approvals_handed_in_by_agent AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{Acting.AGENT}')
    EXECUTE FUNCTION approvals_handed_in_for_another();
CREATE OR REPLACE TRIGGER approvals_handed_in_by_representative AFTER INSERT OR UPDATE OF channel
    ON approvals_application FOR EACH ROW WHEN (NEW.channel = '{Acting.STATUTORY}')
    EXECUTE FUNCTION approvals_handed_in_for_another();
"""  # noqa: S608 - channels of ours

# Nobody signs both for the applicant and as one of the others (民法典 §168). Who represents an
# enterprise by law is its organ (§61), and signs beside it as a shareholder, say.
_BOTH_SIDES = f"""
CREATE OR REPLACE FUNCTION approvals_signed_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_representation r
            WHERE r.application_id = NEW.application_id AND r.representative = NEW.signer
              AND r.acting <> '{Acting.STATUTORY}') THEN
        RAISE EXCEPTION 'cosignature %: by who handed it in for the applicant', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_signed_by_another BEFORE UPDATE OF state
    ON approvals_cosignature FOR EACH ROW WHEN (NEW.state = 'granted')
    EXECUTE FUNCTION approvals_signed_by_another();
"""

HISTORY = ("approvals_representation",)
GUARDS = (
    *append_only("approvals_mandate", except_columns=("ended_at", "ended_by")),
    _MANDATE,
    _REPRESENTATION,
    _BOTH_SIDES,
)
