"""What PostgreSQL itself refuses of regression cases; installed with ``services.guards``."""

from collections.abc import Sequence

from ledger.guards import append_only
from ledger.row_events import RecordedTable
from services.models import Regression

# Born proposed (or declined by the machine, as no test of a rule); accepted or declined by a legal
# officer who did not decide the case; retired by another officer than who asked for it.
_MOVES = """
CREATE OR REPLACE FUNCTION services_regression_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- the officer who acts in this statement
    who bigint := CASE WHEN TG_OP = 'INSERT' THEN NULL
        WHEN NEW.state = 'retired' THEN NEW.retired_by_id ELSE NEW.settled_by_id END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.settled_by_id IS NOT NULL OR NEW.retirement_asked_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'regression case %: it begins proposed', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'accepted'), ('proposed', 'declined'),
            ('accepted', 'accepted'), ('accepted', 'retired'))
        OR OLD.state <> 'proposed' AND (OLD.law, OLD.reason, OLD.expected, OLD.settled_by_id,
            OLD.settled_at) IS DISTINCT FROM (NEW.law, NEW.reason, NEW.expected, NEW.settled_by_id,
            NEW.settled_at)
        OR NEW.state = 'retired' AND (OLD.retirement_asked_by_id, OLD.retirement_reason)
            IS DISTINCT FROM (NEW.retirement_asked_by_id, NEW.retirement_reason) THEN
        RAISE EXCEPTION 'regression case %: % does not become % so', NEW.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> NEW.state AND NOT EXISTS (SELECT FROM people_user u WHERE u.id = who
            AND u.role = 'legal' AND u.is_active) THEN
        RAISE EXCEPTION 'regression case %: a legal officer settles it', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'proposed' AND EXISTS (
            SELECT FROM people_user u JOIN people_user o ON o.id = who
                AND (o.id = u.id OR o.person = u.person AND o.person <> '')
            WHERE NEW.involved ? u.username) THEN
        RAISE EXCEPTION 'regression case %: whoever decided the case does not settle it', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'retired' AND EXISTS (
            SELECT FROM people_user u JOIN people_user o ON o.id = who AND o.person = u.person
            WHERE u.id = NEW.retirement_asked_by_id AND u.person <> '') THEN
        RAISE EXCEPTION 'regression case %: two persons retire it', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER services_regression_moves BEFORE INSERT OR UPDATE
    ON services_regression FOR EACH ROW EXECUTE FUNCTION services_regression_moves();
"""

RECORDED = (RecordedTable(Regression),)
GUARDS: Sequence[str] = (
    *append_only(
        "services_regression",
        except_columns=(
            *("state", "expected", "law", "reason", "settled_by_id", "settled_at"),
            *("retirement_reason", "retirement_asked_by_id", "retirement_asked_at"),
            *("retired_by_id", "retired_at"),
        ),
    ),
    _MOVES,
)
