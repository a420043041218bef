"""Which workers do nothing while work is due: read from PostgreSQL, no broker is asked.

A process that runs is not proof: Celery's may hang after a restart of Redis, and an engine may
wait for ever on a connection. Work that has been due for long and that nobody holds is proof.
"""

import datetime

from django.db import connection

from approvals.models import Heartbeat
from exchange import outbox

ALIVE = datetime.timedelta(seconds=20)  # an engine writes its heartbeat every five
HANDED_OVER = datetime.timedelta(minutes=5)  # after its day, whatever was not confirmed is
LATE = datetime.timedelta(seconds=30)  # leases run out within fifteen, and are then taken again

# each reads its partial index of due rows, oldest first
_APPLICATIONS_LATE = """
    SELECT EXISTS (
        SELECT FROM approvals_application a
        WHERE a.state = 'submitted' AND a.checks_due = 0 AND a.submitted_at < %(bound)s
          AND (a.leased_until < %(bound)s) IS NOT FALSE
          AND NOT EXISTS (  -- its last check was answered since
            SELECT FROM approvals_evidence e
            WHERE e.application_id = a.id AND e.round = a.round AND e.read_at >= %(bound)s))
"""
# the engine hands them over once a minute
_CONFIRMATIONS_LATE = """
    SELECT EXISTS (SELECT FROM approvals_confirmation WHERE state = 'due' AND due_at < %(bound)s)
"""
_CHECKS_LATE = """
    SELECT EXISTS (
        SELECT FROM approvals_check
        WHERE state = 'due' AND next_at < %(bound)s AND (leased_until < %(bound)s) IS NOT FALSE)
"""


def workers(now: datetime.datetime) -> dict[str, str]:
    """The state of engine, checker and deliverer: "ok"; "late": work is due and nobody does it;
    "away": no engine has written its heartbeat. Raises ``django.db.Error`` without PostgreSQL."""
    bound = now - LATE
    engine = "late" if _exists(_APPLICATIONS_LATE, bound) else "ok"
    if not engine_is_alive(now):
        engine = "away"
    return {
        "engine": engine,
        "checker": "late" if _exists(_CHECKS_LATE, bound) else "ok",
        "deliverer": "late" if outbox.is_late(now, LATE) else "ok",
    }


def confirmations(now: datetime.datetime) -> str:
    """ "late" where a provisional approval is past its day, and no officer has it; else "ok"."""
    return "late" if _exists(_CONFIRMATIONS_LATE, now - HANDED_OVER) else "ok"


def engine_is_alive(now: datetime.datetime) -> bool:
    """Has any engine written its heartbeat lately?"""
    return Heartbeat.objects.filter(kind="engine", at__gt=now - ALIVE).exists()


def _exists(query: str, bound: datetime.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, {"bound": bound})
        return bool(cursor.fetchone()[0])
