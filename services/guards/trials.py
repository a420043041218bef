"""What PostgreSQL itself refuses about trials of drafts; part of ``services.guards``."""

from collections.abc import Sequence

from ledger.guards import edges, head_exists
from services.models.trials import EDGES, TrialState

# a trial says what it was ordered for, and nothing of it changes once it has ended; its cases are
# found while it runs
_TRIALS = """
CREATE OR REPLACE FUNCTION services_trial_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'trials are kept: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state IN ('finished', 'failed')
       OR (NEW.id, NEW.service_id, NEW.source, NEW.city, NEW.hash, NEW.live_id, NEW.kind,
           NEW.first_day, NEW.last_day, NEW.asked_by, NEW.asked_at) IS DISTINCT FROM
          (OLD.id, OLD.service_id, OLD.source, OLD.city, OLD.hash, OLD.live_id, OLD.kind,
           OLD.first_day, OLD.last_day, OLD.asked_by, OLD.asked_at) THEN
        RAISE EXCEPTION 'trial %: it does not change', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE ON services_trial
    FOR EACH ROW EXECUTE FUNCTION services_trial_kept();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON services_trial
    FOR EACH STATEMENT EXECUTE FUNCTION services_trial_kept();
CREATE OR REPLACE FUNCTION services_trial_running() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT trial_id FROM added) AS a
               JOIN services_trial AS t ON t.id = a.trial_id WHERE t.state <> 'running') THEN
        RAISE EXCEPTION 'a trial finds cases while it runs' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER while_running AFTER INSERT ON services_trialflip
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION services_trial_running();
"""

TRIALS: Sequence[str] = (
    *edges("services_trial", EDGES, initial=(TrialState.ORDERED,), silent=()),
    *head_exists("services_trial"),
    _TRIALS,
)
