"""What PostgreSQL does for bulk writes; installed by ``manage.py migrate``."""

from collections.abc import Sequence

CHANGED_MEANWHILE = "MP001"  # SQLSTATE

# A statement that writes many tables is undone by it as a whole, without a transaction around.
ALL_CHANGED = """
DROP FUNCTION IF EXISTS ledger_all_changed(text, bigint, bigint);
CREATE OR REPLACE FUNCTION bulk_all_changed(name text, changed bigint, wanted bigint)
    RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF changed <> wanted THEN
        RAISE EXCEPTION '%: % of % rows changed; somebody else moved the others first',
            name, changed, wanted USING ERRCODE = 'MP001';
    END IF;
    RETURN true;
END $$;
"""

GUARDS: Sequence[str] = (ALL_CHANGED,)
HISTORY: Sequence[str] = ()
