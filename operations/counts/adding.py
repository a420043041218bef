"""Adding what has happened to the counts: a duty of the reconciler.

Everything below a key is counted, and the key moves on. It stays behind every transaction that
runs, so that no row appears below it afterwards; whatever does (``RowChange``) is counted with the
next step. A step is one transaction under the lock of its one row: of two processes one works, a
crash leaves all as it was, and nothing is counted twice.
"""

import datetime
import uuid

from django.conf import settings
from django.db import connection, transaction

from operations.counts import statements
from operations.guards import LATE_SECONDS
from operations.history import first_key

STEP = 5_000  # rows of a table in one step: far from the time limit of a statement
NOTHING = uuid.UUID(int=0)
# Whoever writes a row that is not late had its key made at most ``LATE_SECONDS`` before, and its
# transaction may have begun as long after; clocks of two reads differ a little.
BEHIND = datetime.timedelta(seconds=LATE_SECONDS + 1)

_BEGIN = """
    INSERT INTO operations_counteduntil (id, key, at) VALUES (1, %s, clock_timestamp())
    ON CONFLICT DO NOTHING
"""
_LOCK = "SELECT key FROM operations_counteduntil WHERE id = 1 FOR UPDATE SKIP LOCKED"
# the beginning of the oldest transaction of ours that runs, or now
_HORIZON = """
    SELECT LEAST(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid()
"""
_FAR = " UNION ALL ".join(
    f"(SELECT id FROM {table} WHERE id >= %(after)s ORDER BY id OFFSET %(step)s LIMIT 1)"  # noqa: S608
    for table in ("approvals_application", "approvals_decision", "exchange_lookup")
)
# compared as PostgreSQL does: the least key that is too far, or the end
_STEP = f"SELECT LEAST(%(end)s::uuid, min(id::text)::uuid) FROM ({_FAR}) AS far"  # noqa: S608
_MOVE = "UPDATE operations_counteduntil SET key = %s, at = clock_timestamp() WHERE id = 1"


def add(*, step: int = STEP) -> bool:
    """Count what has happened since the last time; is there more of it than a step?

    Returns False, too, where another process is at it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN, [NOTHING])
        cursor.execute(_LOCK)
        if (found := cursor.fetchone()) is None:
            return False
        after = found[0]
        cursor.execute(_HORIZON)  # before the statement that counts, which has a later snapshot
        end = first_key(cursor.fetchone()[0] - BEHIND)
        if end < after:
            end = after  # a transaction lasts, or the clock went back: only changes are counted
        cursor.execute(_STEP, {"after": after, "end": end, "step": step})
        until = cursor.fetchone()[0]
        between = {"after": after, "until": until, "zone": settings.CITY.time_zone}
        cursor.execute(statements.ADD, between)
        cursor.execute(_MOVE, [until])
    return bool(until < end)
