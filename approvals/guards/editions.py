"""No edition is published by generated cases where there are decided ones; ``approvals.guards``.

Stands here and not beside what else is asked of an edition (``services.guards``), which knows no
cases; as ``approvals.trials.past.has_cases``.
"""

_TRIED_ON_CASES = """
CREATE OR REPLACE FUNCTION approvals_edition_tried() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM services_trial t WHERE t.id = NEW.trial_id AND t.kind = 'boundary')
       AND EXISTS (SELECT FROM approvals_decision d
            JOIN services_edition e ON e.id = d.edition_id
            WHERE d.live AND e.service_id = NEW.service_id) THEN
        RAISE EXCEPTION 'edition of %: tried on generated cases, and there are decided ones',
            NEW.service_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER tried_on_cases BEFORE INSERT ON services_edition
    FOR EACH ROW EXECUTE FUNCTION approvals_edition_tried();
"""

GUARDS = (_TRIED_ON_CASES,)
