"""What rests on changed records is judged again: the queue of ``exchange.changes``, worked off.

A message of Celery carries nothing; what to do is read from PostgreSQL. Nothing is locked while
registries are asked; a worker that dies leaves a lease that runs out, and twice is once.
"""

import datetime
import logging
from collections.abc import Sequence

import orjson
from django.db import InterfaceError, OperationalError, connection

from approvals import statements
from approvals.actions.changes import recheck
from approvals.actions.dispute_effects import look_again
from approvals.states import SETTLED
from entitlements.actions import review_changed
from exchange import changes
from exchange.changes import Change
from ledger.clock import city_date
from people.actors import CHECKER

log = logging.getLogger(__name__)
BATCH = 500
SILENT = datetime.timedelta(seconds=30)  # a registry did not answer
UNDECIDED = datetime.timedelta(minutes=10)  # a case that read the old value is still open


def run(*, now: datetime.datetime, limit: int = BATCH) -> int:
    """Look after up to ``limit`` changed records; returns how many were taken.

    What no longer stands goes to an officer, and what was disputed to the machine again. A change
    is kept for later while a registry is silent, and while a case that read the old value is
    undecided.
    """
    taken = changes.take(now=now, limit=limit)
    if not taken:
        return 0
    try:
        _look_after(taken, now)
    except (OperationalError, InterfaceError):
        raise  # not the changes' fault: the lease runs out
    except Exception:
        log.exception("changes failed, %s of them; each is tried again alone", len(taken))
        changes.failed(taken, now)
    return len(taken)


def _look_after(taken: Sequence[Change], now: datetime.datetime) -> None:
    unsettled = _undecided(taken)  # before judging: what is decided from here on, recheck finds
    records = [(c.registry, c.subject) for c in taken]
    look_again(records, by=CHECKER, now=now)
    outcome = recheck(records, by=CHECKER, now=now)
    review_changed(records, on=city_date(now), by=CHECKER, now=now)
    silent = [c for c in taken if (c.registry, c.subject) in outcome.silent]
    undecided = [c for c in taken if (c.registry, c.subject) in unsettled and c not in silent]
    changes.postpone(silent, now + SILENT)
    changes.postpone(undecided, now + UNDECIDED)
    changes.done([c for c in taken if c not in silent and c not in undecided])


def _undecided(taken: Sequence[Change]) -> set[tuple[str, str]]:
    """Return the records that a case, still undecided, may have read before they changed."""
    records = [{"registry": c.registry, "subject": c.subject, "seen_at": c.seen_at} for c in taken]
    with connection.cursor() as cursor:
        cursor.execute(
            statements.CHANGED_BUT_UNDECIDED, [orjson.dumps(records).decode(), sorted(SETTLED)]
        )
        return {(registry, subject) for registry, subject in cursor.fetchall()}
