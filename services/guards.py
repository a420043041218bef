"""What PostgreSQL itself refuses about services and editions, whoever asks."""

from collections.abc import Sequence

from ledger.guards import head_exists

# an application keeps the edition that it began with: no edition changes or goes
HISTORY: Sequence[str] = ("services_edition",)

# closing a service, and suspending its automatic approval, is history too
_SWITCHES = """
CREATE OR REPLACE FUNCTION services_switch_has_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.enabled, NEW.automatic) IS DISTINCT FROM (OLD.enabled, OLD.automatic)
       AND (NEW.events <> OLD.events + 1 OR NEW.head IS NOT DISTINCT FROM OLD.head) THEN
        RAISE EXCEPTION 'service % was switched without an event', OLD.code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

GUARDS: Sequence[str] = (
    _SWITCHES,
    "DROP TRIGGER IF EXISTS services_switch_has_event ON services_service",
    "CREATE TRIGGER services_switch_has_event BEFORE UPDATE ON services_service"
    " FOR EACH ROW EXECUTE FUNCTION services_switch_has_event()",
    *head_exists("services_service"),
)
