"""Which endpoints of its partner a notice goes to: a delivery each, made after the notice.

Whoever writes a notice knows no endpoint, so that what it tells of costs no more by their number.
"""

import datetime

from django.db import connection, transaction

BATCH = 500  # notices of one partner at a time
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('exchange_routing'), hashtext(%s))"

# A notice is routed once its partner has an endpoint that is switched on, even if none wants it;
# until then it waits. One whose address said that it is gone is owed it as well, for when its owner
# has mended it; what an owner has switched off is not. An earlier one of the same subject is never
# passed over: places follow the commits of a subject, and one router at a time reads a partner's
# notices in their order.
_ROUTE = """
WITH taken AS MATERIALIZED (
    SELECT id, partner_id, kind, subject, place, body FROM exchange_notice
    WHERE partner_id = %(partner)s AND routed_at IS NULL
      AND EXISTS (SELECT FROM exchange_endpoint WHERE partner_id = %(partner)s AND ended = '')
    ORDER BY place LIMIT %(limit)s FOR UPDATE
), made AS (
    INSERT INTO exchange_webhookdelivery
        (id, notice_id, endpoint_id, subject, place, state, attempts, next_at, last_status)
    SELECT gen_random_uuid(), t.id, e.id, t.subject, t.place, 'due', 0, %(now)s, ''
    FROM taken t JOIN exchange_endpoint e
      ON e.partner_id = t.partner_id AND e.ended IN ('', 'gone')
    WHERE (e.kinds = '["*"]' OR e.kinds ? t.kind)
      AND (e.services = '["*"]' OR e.services ? (t.body::jsonb #>> '{data,service}'))
      AND (e.districts = '["*"]' OR e.districts ? (t.body::jsonb #>> '{data,district}'))
)
UPDATE exchange_notice n SET routed_at = %(now)s FROM taken t WHERE n.id = t.id
"""


def waiting() -> list[str]:
    """Return the partners that have notices to route, and an endpoint that is switched on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.code FROM exchange_partner p WHERE p.active"
            " AND EXISTS (SELECT FROM exchange_endpoint e"
            "  WHERE e.partner_id = p.code AND e.ended = '')"
            " AND EXISTS (SELECT FROM exchange_notice n"
            "  WHERE n.partner_id = p.code AND n.routed_at IS NULL) ORDER BY p.code"
        )
        return [row[0] for row in cursor.fetchall()]


def route(partner: str, now: datetime.datetime) -> int:
    """Make the deliveries of a partner's new notices, ``BATCH`` at most; returns of how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [partner])
        cursor.execute(_ROUTE, {"partner": partner, "limit": BATCH, "now": now})
        return cursor.rowcount
