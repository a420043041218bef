"""What PostgreSQL keeps of amended clauses; installed with ``services.guards``."""

from ledger.guards import append_only

# Settled is settled: by a policy officer with a reason, or by a later edition of the same service.
_CLAUSES = """
CREATE OR REPLACE FUNCTION services_clause_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.settled_at IS NOT NULL THEN
            RAISE EXCEPTION 'amended clause %: settled before it was open', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.settled_at IS NOT NULL THEN
        RAISE EXCEPTION 'amended clause %: it is settled', OLD.id
            USING ERRCODE = 'check_violation';
    ELSIF NEW.settled_by_edition_id IS NULL AND NOT EXISTS (
            SELECT FROM people_user AS u WHERE 'officer:' || u.username = NEW.settled_by
              AND u.is_active AND u.role = 'policy') THEN
        RAISE EXCEPTION 'amended clause %: by no policy officer', OLD.id
            USING ERRCODE = 'check_violation';
    ELSIF NEW.settled_by_edition_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM services_edition AS later JOIN services_edition AS cited
              ON cited.service_id = later.service_id AND cited.number < later.number
             WHERE later.id = NEW.settled_by_edition_id AND cited.id = OLD.edition_id) THEN
        RAISE EXCEPTION 'amended clause %: by no later edition of its service', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER services_clause_settled BEFORE INSERT OR UPDATE ON services_clausetask
    FOR EACH ROW EXECUTE FUNCTION services_clause_settled();
"""
_SETTLED = ("settled_at", "settled_by", "reason", "settled_by_edition_id")
GUARDS = (*append_only("services_clausetask", _SETTLED), _CLAUSES)
