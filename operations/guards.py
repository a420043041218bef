"""What PostgreSQL notes for the counts of the operations centre (``operations.counts``).

A row is counted when its key lies behind a moment, and keys begin with their time. A row that is
written long after its key was made, by a machine whose clock is slow perhaps, is noted by itself.
So are the two changes that move what has been counted. All three are rare: of an ordinary row
PostgreSQL compares its key with the clock, and that is all.
"""

from collections.abc import Sequence

from operations.models import RowChange

LATE_SECONDS = 10  # a key that is older when its row is written is noted

_KIND = RowChange.Kind
_LATE = f"""
CREATE OR REPLACE FUNCTION operations_is_late(key uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT ('x' || left(replace(key::text, '-', ''), 12))::bit(48)::bigint
        < (extract(epoch FROM clock_timestamp()) - {LATE_SECONDS}) * 1000
$$;
CREATE OR REPLACE FUNCTION operations_note_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO operations_rowchange (kind, row) VALUES (TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER operations_late AFTER INSERT ON approvals_application
    FOR EACH ROW WHEN (operations_is_late(NEW.id))
    EXECUTE FUNCTION operations_note_row('{_KIND.LATE_CASE}');
CREATE OR REPLACE TRIGGER operations_late AFTER INSERT ON approvals_decision
    FOR EACH ROW WHEN (operations_is_late(NEW.id))
    EXECUTE FUNCTION operations_note_row('{_KIND.LATE_DECISION}');
CREATE OR REPLACE TRIGGER operations_late AFTER INSERT ON exchange_lookup
    FOR EACH ROW WHEN (operations_is_late(NEW.id))
    EXECUTE FUNCTION operations_note_row('{_KIND.LATE_LOOKUP}');
CREATE OR REPLACE TRIGGER operations_not_live AFTER UPDATE OF live ON approvals_decision
    FOR EACH ROW WHEN (OLD.live AND NOT NEW.live)
    EXECUTE FUNCTION operations_note_row('{_KIND.NOT_LIVE}');
"""  # noqa: S608 - words of ours
_MOVED = f"""
CREATE OR REPLACE FUNCTION operations_note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO operations_rowchange (kind, row, was, now)
    VALUES ('{_KIND.MOVED}', NEW.id, coalesce(OLD.region_id, ''), coalesce(NEW.region_id, ''));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER operations_moved AFTER UPDATE OF region_id ON approvals_application
    FOR EACH ROW WHEN (OLD.region_id IS DISTINCT FROM NEW.region_id)
    EXECUTE FUNCTION operations_note_move();
"""  # noqa: S608 - words of ours

GUARDS: Sequence[str] = (_LATE, _MOVED)
HISTORY: Sequence[str] = ()
