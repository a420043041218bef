"""No automatic approval is written while it is suspended (``services.switches``).

The statement that writes approvals asks once, at its end, under a lock that all of them share. A
suspension takes the lock alone, so it waits for those that are being written; whoever waits for it
sees it, because each question of a trigger has a snapshot of its own. What an engine had judged by
then raises as any other change meanwhile does (``bulk.Conflict``), and is judged again: an officer
gets it. Of a registry, it is every approval whose evidence of its round has an answer of it.
"""

from bulk.guards import CHANGED_MEANWHILE
from services.models.switches import Scope
from services.switches import LOCK

_APPROVAL = f"""
CREATE OR REPLACE FUNCTION approvals_not_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF NOT EXISTS (SELECT FROM written WHERE outcome = 'approve' AND officer_id IS NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared({LOCK});
    IF NOT EXISTS (SELECT FROM services_suspension WHERE released_at IS NULL) THEN
        RETURN NULL;
    END IF;
    SELECT s.scope || ' ' || s.code INTO found FROM written w
        JOIN services_edition e ON e.id = w.edition_id
        JOIN services_suspension s ON s.released_at IS NULL
         AND (s.scope = '{Scope.SERVICE}' AND s.code = e.service_id
          OR s.scope = '{Scope.REGISTRY}' AND EXISTS (SELECT FROM approvals_evidence v
            WHERE v.application_id = w.application_id AND v.round = w.round
              AND v.registry = s.code))
        WHERE w.outcome = 'approve' AND w.officer_id IS NULL LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'automatic approval of % is suspended', found
            USING ERRCODE = '{CHANGED_MEANWHILE}';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_not_suspended AFTER INSERT ON approvals_decision
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION approvals_not_suspended();
"""  # noqa: S608 - words of ours

GUARDS = (_APPROVAL,)
