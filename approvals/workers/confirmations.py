"""Asking on for what was granted provisionally, until it is confirmed, contradicted or too late.

A message carries nothing: what is due is read from PostgreSQL, with a lease of its own commit. No
transaction is open while registries are asked; a case that fails spoils no other.
"""

import datetime
import logging
import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError

import bulk
from approvals import statements
from approvals.actions import confirming, evidence, questions
from approvals.models import Application, Confirmation, Decision
from approvals.rows.confirmations import ASKING, ConfirmationState
from bulk.postgresql.outage import through_outage
from exchange.queries import NO_OUTAGE
from exchange.registries import Query, query_in_small_groups, query_registries
from people.actors import CHECKER

log = logging.getLogger(__name__)
PAUSE_LEAST, PAUSE_MOST = 1.0, 1800.0  # seconds before the next try; a quarter of what has passed
SUSPENDED = datetime.timedelta(hours=1)  # before a certificate is looked at again that is suspended
BUDGET = 5.0  # seconds for those that failed in a large request; a lease is longer
OUTAGE = 10.0  # seconds of PostgreSQL's absence in which answers are kept


def run(*, now: datetime.datetime, limit: int = 100) -> int:
    """Ask about up to ``limit`` provisional approvals; returns how many were taken."""
    lease = now + datetime.timedelta(seconds=settings.LEASE_SECONDS)
    rows = bulk.read(Confirmation, statements.TAKE_CONFIRMATIONS, [now, now, limit, lease])
    if not rows:
        return 0
    left = []
    for row in rows:
        if row.attempts > settings.ENGINE_ATTEMPTS:  # each took its worker with it
            row.reason, row.next_at = "worker_died", row.due_at
        else:
            left.append(row)
    _ask_and_settle(left, now)
    for row in rows:
        row.leased_until, row.attempts = None, 0
    due = [row for row in rows if row.state == ConfirmationState.DUE]
    through_outage(partial(bulk.update, Confirmation, due, ASKING), seconds=OUTAGE)
    _wake({row.registries for row in left if row.state != ConfirmationState.DUE}, now)
    return len(rows)


def _ask_and_settle(rows: Sequence[Confirmation], now: datetime.datetime) -> None:
    """Ask about all at once; where that fails about each alone, so that one fails for itself."""
    if not rows:
        return
    try:
        ids = [row.application_id for row in rows]
        cases = bulk.read(Application, statements.APPLICATIONS, [ids])
        files = {file.application.id: file for file in evidence.files(cases)}
        answers = _answers(rows, files, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(rows) == 1:
            log.exception("nobody can be asked for confirmation %s", rows[0].id)
            rows[0].reason, rows[0].next_at = "engine_failed", now + SUSPENDED
            return
        log.exception("%s confirmations failed together; each is tried alone", len(rows))
        for row in rows:
            _ask_and_settle([row], now)
        return
    decided_at = dict(Decision.objects.filter(confirmation__in=rows).values_list("id", "at"))
    for row in rows:
        _settle(row, answers[row.id], now - decided_at[row.decision_id], now)


def is_due(now: datetime.datetime) -> bool:
    """Whether anything is to be asked about now that nobody holds."""
    due = Confirmation.objects.filter(state=ConfirmationState.DUE, next_at__lte=now)
    return due.exclude(leased_until__gte=now).exists()


def _wake(answered: Collection[str], now: datetime.datetime) -> None:
    """Let others that wait for the same registries be asked about now, as those answer again."""
    waiting = Confirmation.objects.filter(
        state=ConfirmationState.DUE, registries__in=answered, next_at__gt=now
    )
    waiting.exclude(reason__in=("", *NO_OUTAGE)).update(next_at=now)


def _answers(
    rows: Sequence[Confirmation], files: Mapping[UUID, evidence.File], now: datetime.datetime
) -> Mapping[UUID, list[evidence.Newer]]:
    """Ask every registry that had not answered, in one go; again in small groups what failed."""
    owners: list[UUID] = []
    queries: list[Query] = []
    for row in rows:
        file = files[row.application_id]
        for registry in row.asked:
            queries.append(questions.query(file.application, file.book, (registry, "")))
            owners.append(row.id)
    answers = query_registries(queries, by=CHECKER, now=now) if queries else []
    failed = [place for place, one in enumerate(answers) if one.is_outage]
    if failed and len(queries) > 1:
        again = query_in_small_groups(
            [queries[place] for place in failed], by=CHECKER, now=now, seconds=BUDGET
        )
        for place, answer in zip(failed, again, strict=True):
            answers[place] = answer or answers[place]
    found: dict[UUID, list[evidence.Newer]] = defaultdict(list)
    for owner, answer in zip(owners, answers, strict=True):
        found[owner].append(("", answer))
    return found


def _settle(
    row: Confirmation,
    answers: Sequence[evidence.Newer],
    passed: datetime.timedelta,
    now: datetime.datetime,
) -> None:
    """Confirm what was answered; of what was not, say in memory when it is next tried."""
    failed = next((one.reason for _, one in answers if one.outcome == "failed"), "")
    if not failed:
        try:
            became = through_outage(
                partial(
                    confirming.confirm, confirmation=row.id, answers=answers, by=CHECKER, now=now
                ),
                seconds=OUTAGE,
            )
        except (OperationalError, InterfaceError):
            raise  # not the case's fault: the lease runs out
        except Exception:
            log.exception("confirmation %s failed", row.id)
            became, failed = None, "engine_failed"
        if became is not None:
            row.state = became
            return
    row.reason = failed
    pause = datetime.timedelta(seconds=_pause(passed.total_seconds())) if failed else SUSPENDED
    row.next_at = now + pause


def _pause(passed: float) -> float:
    """Return seconds until the next try: soon at first, then seldom, never all at once."""
    return min(max(passed / 4, PAUSE_LEAST), PAUSE_MOST) * random.uniform(0.75, 1.25)  # noqa: S311
