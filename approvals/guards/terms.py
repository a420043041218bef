"""What PostgreSQL refuses about terms: a second extension, a procedure without its row."""

from django.conf import settings

from approvals.states import SETTLED, State
from ledger.guards import append_only

_SETTLED = ", ".join(f"'{state}'" for state in sorted(map(str, SETTLED)))

# Only the head of the case's office and region extends, before the term is over, and once: the
# column follows the row, of the same version of the case. A reopened case begins with none. The
# edition says how many days; fifteen have the government's approval (``extension_by_government``).
_EXTENSION = f"""
CREATE OR REPLACE FUNCTION approvals_extended_by_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.by_id
              JOIN services_edition e ON e.id = a.edition_id AND e.extension = NEW.days
            WHERE (NEW.approved_on IS NULL OR NEW.approved_on
                <= (NEW.at AT TIME ZONE '{settings.TIME_ZONE}')::date)
              AND a.id = NEW.application_id AND a.events - a.side_events = NEW.version
              AND a.extended_days = 0
              AND a.state = '{State.REVIEW}' AND a.due_at = NEW.was_due_at AND a.due_at > NEW.at
              AND u.is_active AND u.role = 'head' AND u.office_id = a.office_id
              AND NOT approvals_is_party(a.id, u.id)
              AND (u.region_id IS NULL OR u.region_id = a.region_id)) THEN
        RAISE EXCEPTION
            'extension of case %: not by its head or days, too late, or for the second time',
            NEW.application_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_extended_by_head BEFORE INSERT ON approvals_termextension
    FOR EACH ROW EXECUTE FUNCTION approvals_extended_by_head();
CREATE OR REPLACE FUNCTION approvals_extended_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.extended_days = 0 AND OLD.state IN ({_SETTLED})
        OR OLD.extended_days = 0 AND EXISTS (SELECT FROM approvals_termextension e
            WHERE e.application_id = NEW.id AND e.version = OLD.events - OLD.side_events
              AND e.days = NEW.extended_days AND e.due_at = NEW.due_at)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case %: extended by % days without an extension', NEW.number,
        NEW.extended_days USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER approvals_extended_once BEFORE UPDATE OF extended_days
    ON approvals_application FOR EACH ROW
    WHEN (NEW.extended_days IS DISTINCT FROM OLD.extended_days)
    EXECUTE FUNCTION approvals_extended_once();
CREATE OR REPLACE TRIGGER approvals_extended_at_birth BEFORE INSERT ON approvals_application
    FOR EACH ROW WHEN (NEW.extended_days <> 0)
    EXECUTE FUNCTION approvals_extended_once();
"""  # noqa: S608 - states of ours

# A case is in a special procedure exactly while one is open. Whoever has the case opens it, a clerk
# who may handle the case ends it, and no procedure is ended twice.
_PROCEDURE = f"""
CREATE OR REPLACE FUNCTION approvals_procedure_by_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.ended_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a WHERE a.id = NEW.application_id
              AND a.taken_by_id = NEW.opened_by_id AND a.state = '{State.REVIEW}')) THEN
        RAISE EXCEPTION 'procedure %: not of a case in its officer''s hands', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL OR NEW.ended_by_id IS NOT NULL
            AND NOT approvals_may_handle(NEW.application_id, NEW.ended_by_id)) THEN
        RAISE EXCEPTION 'procedure %: ended before, or by somebody of elsewhere', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_procedure_by_officer BEFORE INSERT OR UPDATE
    ON approvals_procedure FOR EACH ROW EXECUTE FUNCTION approvals_procedure_by_officer();
CREATE OR REPLACE FUNCTION approvals_procedure_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_open boolean := EXISTS (SELECT FROM approvals_procedure p
        WHERE p.application_id = NEW.id AND p.ended_at IS NULL);
BEGIN
    IF is_open <> (NEW.state = '{State.PROCEDURE}')
       OR NEW.state = '{State.REVIEW}' AND (SELECT p.ended_by_id IS NULL
            FROM approvals_procedure p WHERE p.application_id = NEW.id
            ORDER BY p.opened_at DESC, p.id DESC LIMIT 1) THEN
        RAISE EXCEPTION 'case %: in state % its special procedure is not as it should be',
            NEW.number, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_procedure_state BEFORE UPDATE OF state
    ON approvals_application FOR EACH ROW
    WHEN (NEW.state <> OLD.state
          AND (NEW.state = '{State.PROCEDURE}' OR OLD.state = '{State.PROCEDURE}'))
    EXECUTE FUNCTION approvals_procedure_state();
"""  # noqa: S608 - states of ours

# What leaves the version of a case as it is, is an event all the same, and is not taken back: a
# page or a proposal that has grown stale would be good again.
_SIDE_EVENTS = """
CREATE OR REPLACE FUNCTION approvals_side_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.side_events < OLD.side_events
       OR NEW.side_events - OLD.side_events > NEW.events - OLD.events THEN
        RAISE EXCEPTION 'case %: % of its % events leave its version as it is, after % of %',
            NEW.number, NEW.side_events, NEW.events, OLD.side_events, OLD.events
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_side_events BEFORE UPDATE OF side_events
    ON approvals_application FOR EACH ROW
    WHEN (NEW.side_events IS DISTINCT FROM OLD.side_events)
    EXECUTE FUNCTION approvals_side_events();
"""

GUARDS = (
    *append_only("approvals_termextension"),
    *append_only("approvals_escalation"),
    *append_only("approvals_acceptance"),
    *append_only("approvals_procedure", except_columns=("ended_by_id", "ended_at", "result")),
    _EXTENSION,
    _PROCEDURE,
    _SIDE_EVENTS,
)
