"""What PostgreSQL itself keeps of what may exist once (``approvals.guards`` installs it).

A key is held from the submission or the approval until the application is settled or its
certificate ends. A certificate that is changed hands what it holds to its next version: what the
change claims anew is let go of, and the rest stays with the case that claimed it first, as long as
any version of that number is live.
"""

from approvals.states import OPEN, SETTLED, State
from certificates.states import LIVE_WORDS
from entitlements.states import LIVE_WORDS as ENTITLED


def listed(states: object) -> str:
    return ", ".join(f"'{state}'" for state in sorted(map(str, states)))  # type: ignore[call-overload]


# Reopened, a case holds again what nobody else has taken meanwhile. Approved, it takes what it has
# inherited from whom it changes or uses up, and before others in hand that would inherit the same.
HOLD = f"""
CREATE OR REPLACE FUNCTION approvals_is_live(application_number text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT application_number <> '' AND (EXISTS (SELECT FROM certificates_certificate
            WHERE application = application_number AND application <> ''
              AND state IN ({LIVE_WORDS}))
        OR EXISTS (SELECT FROM entitlements_entitlement
            WHERE application = application_number AND state IN ({ENTITLED})))
$$;
CREATE OR REPLACE FUNCTION approvals_hold_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = '{State.APPROVED}' THEN
        UPDATE approvals_guardkey o SET held = false
            FROM approvals_guardkey mine, approvals_application other
            WHERE mine.application_id = NEW.id AND other.id = o.application_id
              AND (mine.heir_of = other.id
                OR mine.heir_of = o.heir_of AND other.state IN ({listed(OPEN)}))
              AND o.key = mine.key AND o.held AND mine.while_live AND NOT mine.held;
        UPDATE approvals_guardkey SET held = while_live
            WHERE application_id = NEW.id AND held IS DISTINCT FROM while_live;
    ELSIF NEW.state IN ({listed(SETTLED)}) THEN
        UPDATE approvals_guardkey SET held = false
            WHERE application_id = NEW.id AND held
              AND NOT (while_live AND approvals_is_live(NEW.number));
    ELSIF OLD.state IN ({listed(SETTLED)}) THEN
        UPDATE approvals_guardkey k SET held = true
            WHERE application_id = NEW.id AND while_open AND NOT held
              AND NOT EXISTS (SELECT FROM approvals_guardkey o WHERE o.key = k.key AND o.held);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_hold_keys AFTER UPDATE OF state ON approvals_application
    FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_hold_keys();
"""  # noqa: S608 - states of ours

# An end lets go of what every version held; open cases that wait for it hold it then, the first of
# them: its heirs, or those who would have inherited what it did. A version that is superseded lets
# go of nothing: its successor says what.
RELEASE = f"""
CREATE OR REPLACE FUNCTION approvals_release_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    numbers text[];
    cases uuid[];  -- whose certificate is a version of this one
BEGIN
    IF NEW.state IN ({LIVE_WORDS}) OR NEW.application = '' OR NEW.state = 'superseded' THEN
        RETURN NULL;
    END IF;
    -- by arrays, so that each step is looked up by its index, whatever the planner knows of sizes
    numbers := ARRAY(SELECT c.application FROM certificates_certificate c
        WHERE c.number = NEW.number AND c.kind = NEW.kind AND c.application <> '');
    cases := ARRAY(SELECT a.id FROM approvals_application a WHERE a.number = ANY(numbers));
    UPDATE approvals_guardkey k SET held = false FROM approvals_application a
        WHERE k.application_id = ANY(cases) AND a.id = k.application_id AND k.held
          AND NOT (k.while_open AND a.state IN ({listed(OPEN)}))
          AND NOT (k.while_live AND approvals_is_live(a.number))
          AND NOT EXISTS (SELECT FROM certificates_certificate c
              WHERE c.number = NEW.number AND c.kind = NEW.kind AND c.state IN ({LIVE_WORDS}));
    UPDATE approvals_guardkey SET held = true WHERE id IN (
        SELECT DISTINCT ON (k.key) k.id FROM approvals_guardkey k
        JOIN approvals_application heir ON heir.id = k.application_id
        WHERE k.heir_of = ANY(cases)
          AND NOT k.held AND k.while_open AND heir.state IN ({listed(OPEN)})
          AND NOT EXISTS (SELECT FROM approvals_guardkey o WHERE o.key = k.key AND o.held)
        ORDER BY k.key, heir.created_at, k.id);
    UPDATE approvals_guardkey SET held = true WHERE id IN (
        SELECT DISTINCT ON (k.key) k.id FROM approvals_guardkey s
        JOIN approvals_guardkey k ON k.heir_of = s.heir_of AND k.key = s.key
        JOIN approvals_application heir ON heir.id = k.application_id
        WHERE s.application_id = ANY(cases) AND s.heir_of IS NOT NULL
          AND NOT k.held AND k.while_open AND heir.state IN ({listed(OPEN)})
          AND NOT EXISTS (SELECT FROM approvals_guardkey o WHERE o.key = k.key AND o.held)
        ORDER BY k.key, heir.created_at, k.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_release_keys AFTER UPDATE OF state ON certificates_certificate
    FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_release_keys();
CREATE OR REPLACE FUNCTION approvals_release_entitled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.application = '' OR approvals_is_live(NEW.application) THEN
        RETURN NULL;
    END IF;
    UPDATE approvals_guardkey k SET held = false FROM approvals_application a
        WHERE a.number = NEW.application AND k.application_id = a.id AND k.held
          AND NOT (k.while_open AND a.state IN ({listed(OPEN)}));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_release_keys AFTER UPDATE OF state ON entitlements_entitlement
    FOR EACH ROW WHEN (NEW.state = 'ended' AND OLD.state <> 'ended')
    EXECUTE FUNCTION approvals_release_entitled();
"""  # noqa: S608 - states of ours

SUCCEED = """
CREATE OR REPLACE FUNCTION approvals_succeed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- step by step, each by its index: as one statement it took half a minute over a hundred cases
    -- whose tables had not been analysed yet
    earlier uuid[] := ARRAY(
        SELECT a.id FROM certificates_certificate c
        JOIN approvals_application a ON a.number = c.application
        WHERE c.number = NEW.number AND c.kind = NEW.kind AND c.application <> ''
          AND c.application <> NEW.application);
    mine text[] := ARRAY(
        SELECT k.guard FROM approvals_guardkey k
        WHERE k.while_live AND k.application_id = (
            SELECT a.id FROM approvals_application a WHERE a.number = NEW.application));
BEGIN
    UPDATE approvals_guardkey SET held = false
        WHERE application_id = ANY(earlier) AND guard = ANY(mine) AND held AND while_live;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_succeed_keys AFTER INSERT ON certificates_certificate
    FOR EACH ROW WHEN (NEW.previous_id IS NOT NULL)
    EXECUTE FUNCTION approvals_succeed_keys();
"""
