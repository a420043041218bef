"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from collections.abc import Sequence

from counter.models import Appointment
from ledger.guards import append_only
from ledger.row_events import RecordedTable

# Who comes for what stays as booked; only an open appointment is moved, cancelled or closed; who
# came is noted afterwards too. A case that it names is the citizen's own and of its service.
_OPEN = """
CREATE OR REPLACE FUNCTION counter_appointment_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.state <> 'booked' OR NEW.starts_at <= NEW.booked_at) THEN
        RAISE EXCEPTION 'appointment %: not ahead', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.application_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM approvals_application a JOIN people_user u ON u.subject = a.applicant
            WHERE a.id = NEW.application_id AND a.service_id = NEW.service_id
              AND u.id = NEW.citizen_id AND u.subject <> '') THEN
        RAISE EXCEPTION 'appointment %: the case is of another service or person', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'booked'
       AND NOT (OLD.state = 'ended' AND NEW.state IN ('came', 'missed')) THEN
        RAISE EXCEPTION 'appointment %: it is %', NEW.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER counter_appointment_open BEFORE INSERT OR UPDATE
    ON counter_appointment FOR EACH ROW EXECUTE FUNCTION counter_appointment_open();
"""

HISTORY: Sequence[str] = ()
RECORDED = (RecordedTable(Appointment),)
GUARDS = (
    *append_only(
        "counter_appointment",
        except_columns=(
            *("counter", "starts_at", "ends_at", "seat", "capacity", "state"),
            *("changed_at", "changed_by"),
        ),
    ),
    _OPEN,
)
