"""What PostgreSQL itself refuses of returns and transfers (``approvals.guards`` installs it)."""

from ledger.guards import append_only

# A second return, or one of what counts as accepted: an officer's, by a supervisor's permission of
# this round and office. And of a returned case only the answers change that its return opened;
# blocks of filings follow from those.
_RETURNS = """
CREATE OR REPLACE FUNCTION approvals_second_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (EXISTS (SELECT FROM approvals_decision d
                WHERE d.application_id = NEW.application_id AND d.outcome = 'return')
        OR EXISTS (SELECT FROM approvals_acceptance a WHERE a.application_id = NEW.application_id))
       AND NOT EXISTS (
        SELECT FROM approvals_returnpermission p JOIN people_user u ON u.id = p.settled_by_id
          JOIN approvals_application a ON a.id = p.application_id
            AND (p.office_id IS NULL OR p.office_id = a.office_id)
        WHERE p.application_id = NEW.application_id AND p.round = NEW.round AND p.permitted
          AND p.settled_by_id <> NEW.officer_id AND 'officer:' || u.username
            = convert_from(NEW.receipt, 'UTF8')::jsonb #>> '{permitted_by,by}'
    ) THEN
        RAISE EXCEPTION 'decision %: a second or late return, without a permission', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_second_return BEFORE INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.officer_id IS NOT NULL AND NEW.outcome = 'return')
    EXECUTE FUNCTION approvals_second_return();
CREATE OR REPLACE FUNCTION approvals_return_permission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a WHERE a.id = NEW.application_id
              AND a.state = 'review' AND a.taken_by_id = NEW.asked_by_id
              AND a.round = NEW.round AND a.office_id = NEW.office_id)) THEN
        RAISE EXCEPTION 'permission %: not of a case in its officer''s hands', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.settled_by_id
            WHERE a.id = NEW.application_id AND u.is_active AND u.role IN ('supervisor', 'head')
              AND u.office_id = a.office_id AND NOT approvals_is_party(a.id, u.id)
              AND (u.region_id IS NULL OR u.region_id = a.region_id))) THEN
        RAISE EXCEPTION
            'permission %: settled before, or by no supervisor of the case, or by a party of it',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_return_permission BEFORE INSERT OR UPDATE
    ON approvals_returnpermission FOR EACH ROW
    EXECUTE FUNCTION approvals_return_permission();
CREATE OR REPLACE FUNCTION approvals_only_opened() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    opened jsonb := (SELECT convert_from(d.receipt, 'UTF8')::jsonb -> 'opened'
        FROM approvals_decision d WHERE d.application_id = NEW.id AND d.outcome = 'return'
        ORDER BY d.at DESC, d.id DESC LIMIT 1);
    free text[];
BEGIN
    IF opened IS NULL OR jsonb_typeof(opened) <> 'array' THEN
        RETURN NEW;
    END IF;
    free := ARRAY(SELECT substr(o, 2) FROM jsonb_array_elements_text(opened) AS o)
        || ARRAY['filings'];
    IF (OLD.answers - free) <> (NEW.answers - free) THEN
        RAISE EXCEPTION 'application %: an answer that its return did not open', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_only_opened BEFORE UPDATE OF answers
    ON approvals_application FOR EACH ROW
    WHEN (OLD.state = 'returned' AND OLD.answers <> NEW.answers)
    EXECUTE FUNCTION approvals_only_opened();
"""


# Another office: of a case with an officer, out of every hand, with its event.
_TRANSFER = """
CREATE OR REPLACE FUNCTION approvals_transferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'review' OR NEW.taken_by_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM ledger_event e WHERE e.subject = 'application:' || NEW.number
              AND e.seq = NEW.events AND e.kind = 'transferred') THEN
        RAISE EXCEPTION 'application %: given to another office without its event', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_transferred BEFORE UPDATE OF office_id
    ON approvals_application FOR EACH ROW WHEN (OLD.office_id <> NEW.office_id)
    EXECUTE FUNCTION approvals_transferred();
"""

GUARDS = (
    *append_only(
        "approvals_returnpermission",
        except_columns=("settled_by_id", "settled_at", "permitted", "answer"),
    ),
    _RETURNS,
    _TRANSFER,
)
