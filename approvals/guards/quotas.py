"""What PostgreSQL itself keeps of places (``approvals.guards`` installs it).

An ordinal is given under a lock of the queue that lasts until the commit: when one is given, all
before it are committed, and none comes in before it later. So a position never grows, and what was
within the number of places once is so for ever: no two transactions can take the last place,
though none waits for another when it is granted.
"""

from approvals.guards.keys import listed
from approvals.rows.quota_places import QuotaPlace
from approvals.states import State
from ledger.guards import append_only
from ledger.row_events import RecordedTable

TABLE = "approvals_quotaplace"
UNGRANTED = (State.REFUSED, State.WITHDRAWN, State.EXPIRED)  # settled, and not approved
RECORDED = (RecordedTable(QuotaPlace),)

_PLACE = f"""
CREATE OR REPLACE FUNCTION approvals_quota_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.granted_at IS NOT NULL OR NEW.freed_at IS NOT NULL THEN
            RAISE EXCEPTION 'place %: begins in the queue', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended(
            concat_ws(chr(31), '{TABLE}', NEW.service, NEW.period, NEW.group_key), 0));
        NEW.ordinal := 1 + coalesce((SELECT max(q.ordinal) FROM {TABLE} q
            WHERE q.service = NEW.service AND q.period = NEW.period
              AND q.group_key = NEW.group_key), 0);
        NEW.accepted_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.freed_at IS NOT NULL OR OLD.granted_at IS NOT NULL
       AND (NEW.granted_at, NEW.places) IS DISTINCT FROM (OLD.granted_at, OLD.places) THEN
        RAISE EXCEPTION 'place %: granted or freed before', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.granted_at IS NOT NULL AND OLD.granted_at IS NULL AND (
        NEW.freed_at IS NOT NULL OR (SELECT count(*) FROM {TABLE} q
            WHERE q.service = NEW.service AND q.period = NEW.period
              AND q.group_key = NEW.group_key AND q.ordinal < NEW.ordinal
              AND q.freed_at IS NULL) >= NEW.places) THEN
        RAISE EXCEPTION 'place %: too few places for it and all before it', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.freed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM approvals_application a WHERE a.id = NEW.application_id
          AND (a.state IN ({listed(UNGRANTED)})
               OR a.state = '{State.SUBMITTED}'  -- corrected, it stands in another queue
               OR a.state = '{State.APPROVED}' AND NOT approvals_is_live(a.number))) THEN
        RAISE EXCEPTION 'place %: its case is in hand, or what it was granted stands', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_quota_place BEFORE INSERT OR UPDATE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION approvals_quota_place();
"""  # noqa: S608 - names and states of ours

# written as PostgreSQL writes it, for the audit compares
_IS_UNGRANTED = " OR ".join(f"NEW.state = '{state.value}'" for state in UNGRANTED)

# An approval of a case that stands in a queue is of one that has a place; one index is looked into.
_APPROVED = f"""
CREATE OR REPLACE FUNCTION approvals_has_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {TABLE} WHERE application_id = NEW.id) AND NOT EXISTS (
        SELECT FROM {TABLE} WHERE application_id = NEW.id AND freed_at IS NULL
          AND granted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'application %: approved without a place', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_has_place AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN (NEW.state = '{State.APPROVED}' AND OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_has_place();
CREATE OR REPLACE FUNCTION approvals_free_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {TABLE} SET freed_at = clock_timestamp()
        WHERE application_id = NEW.id AND freed_at IS NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_free_place AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN ({_IS_UNGRANTED})
    EXECUTE FUNCTION approvals_free_place();
"""  # noqa: S608 - names and states of ours

# What was granted has ended: of places of a year, not by the passing of its last day, as that year
# had as many all the same.
_ENDED = f"""
CREATE OR REPLACE FUNCTION approvals_free_places_of() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {TABLE} q SET freed_at = clock_timestamp() FROM approvals_application a
        WHERE q.application_id = a.id AND q.freed_at IS NULL AND q.granted_at IS NOT NULL
          AND (q.period = '' OR NEW.state <> 'expired')
          AND a.state = '{State.APPROVED}' AND NOT approvals_is_live(a.number)
          AND (a.number = NEW.application OR a.number IN (
              SELECT c.application FROM certificates_certificate c
              WHERE c.number = NEW.number AND c.kind = NEW.kind AND c.application <> ''));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_free_places_of AFTER UPDATE OF state
    ON certificates_certificate FOR EACH ROW
    WHEN ((NEW.state = 'cancelled' OR NEW.state = 'expired' OR NEW.state = 'revoked')
          AND NEW.application <> '')
    EXECUTE FUNCTION approvals_free_places_of();
CREATE OR REPLACE FUNCTION approvals_free_places_entitled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {TABLE} q SET freed_at = clock_timestamp() FROM approvals_application a
        WHERE q.application_id = a.id AND q.freed_at IS NULL AND q.granted_at IS NOT NULL
          AND q.period = '' AND a.number = NEW.application
          AND a.state = '{State.APPROVED}' AND NOT approvals_is_live(a.number);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_free_places_of AFTER UPDATE OF state
    ON entitlements_entitlement FOR EACH ROW
    WHEN (NEW.state = 'ended' AND OLD.state <> 'ended' AND NEW.application <> '')
    EXECUTE FUNCTION approvals_free_places_entitled();
"""  # noqa: S608 - names and states of ours

GUARDS = (
    *append_only(TABLE, except_columns=("places", "granted_at", "freed_at")),
    _PLACE,
    _APPROVED,
    _ENDED,
)
