"""What PostgreSQL itself refuses about trials of drafts; part of ``services.guards``."""

from collections.abc import Sequence

from django.conf import settings
from psycopg import sql

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

# What the city asks of a trial (``services.trials.standing``), as far as SQL sees it: no signature,
# and of the cases only their period. Installed anew, with the city's data, by every migration.
_STANDS = """
CREATE OR REPLACE FUNCTION services_trial_stands(one services_trial, at timestamptz)
    RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT one.state = 'finished' AND one.disagreements = 0
       AND one.finished_at BETWEEN at - make_interval(hours => 24 * {valid_days}) AND at
       AND one.live_id IS NOT DISTINCT FROM (SELECT e.id FROM services_edition e
            WHERE e.service_id = one.service_id
              AND e.in_force_from <= (at AT TIME ZONE {zone})::date
            ORDER BY e.in_force_from DESC, e.number DESC LIMIT 1)
       AND (one.kind = 'boundary' OR one.last_day >= asked.day - 1
            AND one.first_day <= asked.day - asked.days)
    FROM (SELECT (one.asked_at AT TIME ZONE {zone})::date AS day,
                 CASE WHEN EXISTS (SELECT FROM services_edition e
                    WHERE e.service_id = one.service_id AND e.hash = one.hash
                      AND e.published_at <= one.asked_at)
                 THEN {rollback_days} ELSE {days} END AS days) AS asked
$$;
"""


def _stands() -> str:
    asked = settings.CITY.governance.trials
    named = {
        "zone": str(settings.CITY.calendar.zone),
        "days": asked.days,
        "rollback_days": asked.rollback_days,
        "valid_days": asked.valid_days,
    }
    literals = {name: sql.Literal(value) for name, value in named.items()}
    return sql.SQL(_STANDS).format(**literals).as_string(None)


TRIALS: Sequence[str] = (
    *edges("services_trial", EDGES, initial=(TrialState.ORDERED,), silent=()),
    *head_exists("services_trial"),
    _TRIALS,
    _stands(),
)
