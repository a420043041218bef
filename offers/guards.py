"""What PostgreSQL itself keeps of scans and offers; installed by ``manage.py migrate``."""

from collections.abc import Sequence

from ledger.guards import append_only
from ledger.row_events import RecordedTable
from offers.models import Offer, Scan, ScanOrder, ScanReading

# Who orders a scan is the clock or a policy officer; a scan is of its order's service and of an
# edition of it; an offer is of somebody whom its scan has found, and ends once.
_OFFERS = """
CREATE OR REPLACE FUNCTION offers_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'order %: it has ended', OLD.id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.ended_at IS NOT NULL OR NEW."by" <> 'machine:clock' AND NOT EXISTS (
            SELECT FROM people_user AS u WHERE 'officer:' || u.username = NEW."by"
              AND u.is_active AND u.role = 'policy') THEN
        RAISE EXCEPTION 'order: by no policy officer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER offers_order BEFORE INSERT OR UPDATE ON offers_scanorder
    FOR EACH ROW EXECUTE FUNCTION offers_order();
CREATE OR REPLACE FUNCTION offers_scan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.list_hash <> sha256(NEW.subjects) OR length(NEW.subjects) % 16 <> 0
       OR NOT EXISTS (SELECT FROM offers_scanorder AS o JOIN services_edition AS e
            ON e.service_id = o.service_id WHERE o.id = NEW.order_id AND o.ended_at IS NULL
            AND o.service_id = NEW.service_id AND e.id = NEW.edition_id
            AND e.hash = NEW.edition_hash) THEN
        RAISE EXCEPTION 'scan: not of an open order and an edition of its service, or another list'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER offers_scan BEFORE INSERT ON offers_scan
    FOR EACH ROW EXECUTE FUNCTION offers_scan();
CREATE OR REPLACE FUNCTION offers_offer_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'open' OR NOT EXISTS (SELECT FROM offers_scan AS s
            WHERE s.id = NEW.scan_id AND s.service_id = NEW.service_id) THEN
        RAISE EXCEPTION 'offer: of another service than its scan''s, or not open'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER offers_offer_found BEFORE INSERT ON offers_offer
    FOR EACH ROW EXECUTE FUNCTION offers_offer_found();
CREATE OR REPLACE FUNCTION offers_offers_listed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found uuid;
    list bytea;
BEGIN
    FOR found IN SELECT DISTINCT scan_id FROM added LOOP
        -- joined with nothing: out of its storage once, and not for each person
        SELECT s.subjects || ''::bytea INTO list FROM offers_scan AS s WHERE s.id = found;
        IF EXISTS (SELECT subject FROM added WHERE scan_id = found
                EXCEPT SELECT encode(substring(list FROM place * 16 + 1 FOR 16), 'hex')
                FROM generate_series(0, length(list) / 16 - 1) AS place) THEN
            RAISE EXCEPTION 'offer: to somebody whom its scan has not found'
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER offers_listed AFTER INSERT ON offers_offer
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION offers_offers_listed();
CREATE OR REPLACE FUNCTION offers_offer_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'offer %: it is % already', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'accepted' AND NOT EXISTS (SELECT FROM approvals_application AS a
            WHERE a.number = NEW.application AND a.applicant = NEW.subject
              AND a.applicant_kind = 'person' AND a.service_id = NEW.service_id) THEN
        RAISE EXCEPTION 'offer %: accepted without an application of its own', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER offers_offer_ends BEFORE UPDATE ON offers_offer
    FOR EACH ROW EXECUTE FUNCTION offers_offer_ends();
"""

HISTORY: Sequence[str] = ("offers_scan", "offers_scanreading")
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(ScanOrder, but=("attempts",)),
    RecordedTable(Scan),
    RecordedTable(ScanReading),
    RecordedTable(Offer, but=("checked_at",)),
)
GUARDS = (
    *append_only("offers_scanorder", except_columns=("attempts", "ended_at", "fault")),
    *append_only(
        "offers_offer",
        except_columns=("state", "checked_at", "ended_at", "reason", "application"),
    ),
    _OFFERS,
)
