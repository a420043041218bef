"""What PostgreSQL keeps of files that were handed in."""

from collections.abc import Sequence

from django.conf import settings
from psycopg import sql

from ledger.row_events import RecordedTable
from materials.models import Material

# A row is written once. Until a case has the file its time may change, and it may go; then neither.
_ONCE = """
CREATE OR REPLACE FUNCTION materials_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kept_until IS NULL OR (TG_OP = 'UPDATE'
            AND to_jsonb(NEW) - 'kept_until' <> to_jsonb(OLD) - 'kept_until') THEN
        RAISE EXCEPTION 'material %: a file is not changed, and stays while a case has it', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER materials_once BEFORE UPDATE OR DELETE ON materials_material
    FOR EACH ROW EXECUTE FUNCTION materials_once();
"""
_GRANTS = """
REVOKE UPDATE, TRUNCATE ON materials_material FROM {role};
GRANT UPDATE (kept_until) ON materials_material TO {role};
"""

HISTORY: Sequence[str] = ()
RECORDED = (RecordedTable(Material, but=("kept_until",)),)
GUARDS = (
    _ONCE,
    sql.SQL(_GRANTS).format(role=sql.Identifier(str(settings.APPLICATION_ROLE))).as_string(None),
)
