"""What PostgreSQL itself refuses of bundled cases; installed by ``manage.py migrate``."""

from affairs.kinds import MessageKind
from approvals.rows.confirmations import ConfirmationState
from approvals.states import SETTLED, State
from bundles.models import BundledCase, BundleStep
from bundles.states import EDGES, StepState
from ledger.guards import append_only
from ledger.row_events import RecordedTable

_MOVES = ", ".join(f"('{a}', '{b}')" for a, targets in EDGES.items() for b in targets)

_SETTLED = ", ".join(f"'{state}'" for state in sorted(SETTLED))
_DECIDED = " OR ".join(f"NEW.state = '{state}'" for state in sorted(SETTLED - {State.WITHDRAWN}))

# A step is an application of its own service, by the case's own applicant, or by an enterprise
# where the bundle says that an earlier step's certificate names it (which one, the action knows);
# handed in within this case, and not before all that it waits for is granted.
_STEPS = f"""
CREATE OR REPLACE FUNCTION bundles_step_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state NOT IN ('{StepState.WAITING}', '{StepState.SUBMITTED}')
       OR TG_OP = 'UPDATE' AND OLD.state <> NEW.state
          AND (OLD.state, NEW.state) NOT IN ({_MOVES})
       OR TG_OP = 'UPDATE' AND OLD.state = NEW.state
          AND NEW.application_id IS DISTINCT FROM OLD.application_id THEN
        RAISE EXCEPTION 'step %: no such move', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER bundles_step_moves BEFORE INSERT OR UPDATE ON bundles_bundlestep
    FOR EACH ROW EXECUTE FUNCTION bundles_step_moves();
CREATE OR REPLACE FUNCTION bundles_step_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_application a
            JOIN bundles_bundledcase b ON b.id = NEW.case_id
            JOIN ledger_event e ON e.subject = 'application:' || a.number AND e.seq = 1
            WHERE a.id = NEW.application_id AND a.service_id = NEW.service_id
              AND a.edition_id = NEW.edition_id
              AND (a.applicant = b.applicant AND a.applicant_kind = 'person' AND NEW.holder = ''
                OR a.applicant_kind = 'enterprise' AND NEW.holder <> '')
              AND e.data::jsonb -> 'bundle' = jsonb_build_object(
                'case', b.number, 'step', NEW.code))
       OR EXISTS (SELECT FROM jsonb_array_elements_text(NEW.after) AS p(code)
            LEFT JOIN bundles_bundlestep q ON q.case_id = NEW.case_id AND q.code = p.code
            LEFT JOIN approvals_application a ON a.id = q.application_id
            WHERE a.state IS DISTINCT FROM '{State.APPROVED}' OR EXISTS (
                SELECT FROM approvals_confirmation c
                WHERE c.application_id = a.id AND c.state = '{ConfirmationState.DUE}')) THEN
        RAISE EXCEPTION 'step %: not of this case, or before what it waits for', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER bundles_step_inserted AFTER INSERT ON bundles_bundlestep
    FOR EACH ROW WHEN (NEW.state = '{StepState.SUBMITTED}')
    EXECUTE FUNCTION bundles_step_submitted();
CREATE OR REPLACE TRIGGER bundles_step_submitted AFTER UPDATE OF state ON bundles_bundlestep
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state = '{StepState.SUBMITTED}')
    EXECUTE FUNCTION bundles_step_submitted();
"""  # noqa: S608 - states of ours

# A draft is its owner's from first to last.
_DRAFTS = """
CREATE OR REPLACE FUNCTION bundles_draft_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'UPDATE' AND (NEW.id, NEW.subject, NEW.bundle)
            <> (OLD.id, OLD.subject, OLD.bundle))
       OR encode(substring(NEW.answers FROM 19 FOR 16), 'hex') <> NEW.subject
       OR NOT EXISTS (SELECT FROM people_user AS u
            WHERE u.subject = NEW.subject AND u.role = 'citizen') THEN
        RAISE EXCEPTION 'draft: of another person, or of none' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER draft_own BEFORE INSERT OR UPDATE ON bundles_bundledraft
    FOR EACH ROW EXECUTE FUNCTION bundles_draft_own();
"""

# What a step's own application brings is told as of any application (affairs.guards). Of the whole:
# that a step was handed in by the clock, that it cannot be, that all is decided. Steps that move in
# one round, as two that waited for the same, are one message. Whoever decides the last two at once
# waits for the other, so that one of them sees all decided.
_OF_STEPS = f"""
CREATE OR REPLACE FUNCTION bundles_message_of_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    what text := CASE NEW.state WHEN '{StepState.SUBMITTED}' THEN '{MessageKind.BUNDLE_FOLLOWED}'
        ELSE '{MessageKind.BUNDLE_STOPPED}' END;
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), b.applicant, what, 'bundle:' || b.number, b.number, NEW.moved_at
    FROM bundles_bundledcase AS b WHERE b.id = NEW.case_id
      AND NOT EXISTS (SELECT FROM affairs_message AS m WHERE m.subject = b.applicant
        AND m.at = NEW.moved_at AND m.kind = what AND m.topic = 'bundle:' || b.number);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_step AFTER UPDATE OF state ON bundles_bundlestep
    FOR EACH ROW WHEN (OLD.state = '{StepState.WAITING}'
        AND (NEW.state = '{StepState.SUBMITTED}' OR NEW.state = '{StepState.STOPPED}'))
    EXECUTE FUNCTION bundles_message_of_step();
CREATE OR REPLACE FUNCTION bundles_message_of_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bundle bundles_bundledcase;
BEGIN
    SELECT b.* INTO bundle FROM bundles_bundlestep AS s
    JOIN bundles_bundledcase AS b ON b.id = s.case_id
    WHERE s.application_id = NEW.id FOR NO KEY UPDATE OF b;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), bundle.applicant, '{MessageKind.BUNDLE_DONE}',
        'bundle:' || bundle.number, bundle.number, NEW.settled_at
    WHERE NOT EXISTS (SELECT FROM bundles_bundlestep AS s
            LEFT JOIN approvals_application AS a ON a.id = s.application_id
            WHERE s.case_id = bundle.id AND (s.state = '{StepState.WAITING}'
                OR s.state = '{StepState.SUBMITTED}' AND a.state NOT IN ({_SETTLED})))
      AND NOT EXISTS (SELECT FROM affairs_message AS m WHERE m.subject = bundle.applicant
        AND m.kind = '{MessageKind.BUNDLE_DONE}' AND m.topic = 'bundle:' || bundle.number);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_bundle AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND ({_DECIDED}))
    EXECUTE FUNCTION bundles_message_of_end();
"""  # noqa: S608 - states of ours

RECORDED = (RecordedTable(BundledCase), RecordedTable(BundleStep, but=("next_at",)))
HISTORY = ("bundles_bundledcase",)
GUARDS = (
    *append_only(
        "bundles_bundlestep",
        except_columns=("state", "application_id", "moved_at", "why", "next_at"),
    ),
    _STEPS,
    _DRAFTS,
    _OF_STEPS,
)
